with source as (

    select * from {{ ref('raw_orders') }}

)

select
    id as order_id,
    customer_id,
    cast(ordered_at as timestamp) as ordered_at,
    cast(ordered_at as date) as order_date,
    status
from source
where cast(ordered_at as date) >= cast('{{ var("opening_day") }}' as date)
