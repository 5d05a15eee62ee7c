-- What each order brought in, by way of payment.
select
    order_id,
    sum(amount) as total_paid,
    sum(case when payment_method = 'card' then amount else 0 end) as paid_by_card,
    sum(case when payment_method = 'cash' then amount else 0 end) as paid_in_cash,
    sum(case when payment_method = 'voucher' then amount else 0 end) as paid_by_voucher,
    max(paid_at) as last_paid_at,
    count(*) filter (where is_refund) as refunds
from {{ ref('stg_payments') }}
group by order_id
