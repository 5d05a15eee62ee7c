with sold as (

    select
        items.sku,
        items.quantity,
        items.line_total,
        orders.order_date
    from {{ ref('stg_order_items') }} as items
    inner join {{ ref('stg_orders') }} as orders
        on items.order_id = orders.order_id
    where orders.status = 'completed'

)

select
    products.sku,
    products.product_name,
    products.product_category,
    coalesce(sum(sold.quantity), 0) as units_sold,
    coalesce(sum(sold.line_total), 0) as revenue,
    max(sold.order_date) as last_sold_on,
    rank() over (
        partition by products.product_category
        order by coalesce(sum(sold.line_total), 0) desc
    ) as rank_in_category
from {{ ref('stg_products') }} as products
left join sold on products.sku = sold.sku
group by
    products.sku,
    products.product_name,
    products.product_category
