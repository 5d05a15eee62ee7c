-- Nobody pays more than the order costs. Rows that come back are failures.
select
    order_id,
    order_total,
    total_paid
from {{ ref('orders') }}
where total_paid > order_total
