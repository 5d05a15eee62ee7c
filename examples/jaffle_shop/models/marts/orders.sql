with orders as (

    select * from {{ ref('stg_orders') }}

),

items as (

    select
        order_id,
        sum(quantity) as articles,
        sum(line_total) as order_total
    from {{ ref('stg_order_items') }}
    group by order_id

),

payments as (

    select * from {{ ref('order_payments') }}

)

select
    orders.order_id,
    orders.customer_id,
    orders.ordered_at,
    orders.order_date,
    orders.status,
    coalesce(items.articles, 0) as articles,
    coalesce(items.order_total, 0) as order_total,
    coalesce(payments.total_paid, 0) as total_paid,
    coalesce(items.order_total, 0) - coalesce(payments.total_paid, 0) as open_amount,
    {{ is_settled('orders.status') }} as is_settled
from orders
left join items using (order_id)
left join payments using (order_id)
