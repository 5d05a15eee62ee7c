with customers as (

    select * from {{ ref('stg_customers') }}

),

orders as (

    select * from {{ ref('orders') }}
    where status not in ('cancelled', 'returned')

),

order_history as (

    select
        customer_id,
        min(order_date) as first_order_date,
        max(order_date) as latest_order_date,
        count(order_id) as number_of_orders,
        sum(total_paid) as lifetime_value
    from orders
    group by customer_id

)

select
    customers.customer_id,
    customers.full_name,
    customers.email,
    customers.joined_on,
    order_history.first_order_date,
    order_history.latest_order_date,
    coalesce(order_history.number_of_orders, 0) as number_of_orders,
    coalesce(order_history.lifetime_value, 0) as lifetime_value,
    case
        when order_history.number_of_orders >= 3 then 'regular'
        when order_history.number_of_orders >= 1 then 'occasional'
        else 'never ordered'
    end as customer_segment
from customers
left join order_history
    on customers.customer_id = order_history.customer_id
