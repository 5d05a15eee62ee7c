with source as (

    select * from {{ ref('raw_payments') }}

)

select
    id as payment_id,
    order_id,
    method as payment_method,
    {{ cents_to_euros('amount_cents') }} as amount,
    amount_cents < 0 as is_refund,
    cast(paid_at as timestamp) as paid_at
from source
