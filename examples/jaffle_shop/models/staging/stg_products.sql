select
    sku,
    name as product_name,
    category as product_category,
    {{ cents_to_euros('price_cents') }} as price,
    is_vegetarian
from {{ ref('raw_products') }}
