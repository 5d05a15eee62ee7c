{{
    config(
        materialized='incremental',
        unique_key='revenue_date',
        on_schema_change='append_new_columns'
    )
}}

with from_orders as (

    select
        order_date as revenue_date,
        count(distinct customer_id) as paying_customers,
        sum(total_paid) as loyalty_revenue
    from {{ ref('orders') }}
    {% if is_incremental() %}
    where order_date >= (select max(revenue_date) from {{ this }})
    {% endif %}
    group by order_date

),

from_walk_ins as (

    select
        cast(printed_at as date) as revenue_date,
        sum(total) as walk_in_revenue
    from {{ ref('stg_tickets') }}
    where is_walk_in
    group by cast(printed_at as date)

)

select
    coalesce(from_orders.revenue_date, from_walk_ins.revenue_date) as revenue_date,
    coalesce(from_orders.paying_customers, 0) as paying_customers,
    coalesce(from_orders.loyalty_revenue, 0) as loyalty_revenue,
    coalesce(from_walk_ins.walk_in_revenue, 0) as walk_in_revenue,
    coalesce(from_orders.loyalty_revenue, 0) + coalesce(from_walk_ins.walk_in_revenue, 0) as total_revenue
from from_orders
full outer join from_walk_ins
    on from_orders.revenue_date = from_walk_ins.revenue_date
