select
    items.order_id,
    items.line as line_number,
    items.sku,
    items.quantity,
    items.quantity * products.price as line_total
from {{ ref('raw_order_items') }} as items
left join {{ ref('stg_products') }} as products
    on items.sku = products.sku
