with numbered as (

    select
        o.customer_id,
        o.order_id,
        o.order_date,
        o.order_total,
        row_number() over (partition by o.customer_id order by o.ordered_at) as order_number,
        lag(o.order_date) over (partition by o.customer_id order by o.ordered_at) as previous_order_date,
        sum(o.total_paid) over (
            partition by o.customer_id
            order by o.ordered_at
            rows between unbounded preceding and current row
        ) as paid_so_far
    from {{ ref('orders') }} as o
    where o.status <> 'cancelled'

)

select
    n.*,
    c.full_name as customer_name,
    n.order_number = 1 as is_first_order,
    n.order_date - n.previous_order_date as days_since_previous_order
from numbered as n
inner join {{ ref('stg_customers') }} as c
    on n.customer_id = c.customer_id
