select
    till || '-' || cast(ticket_id as varchar) as ticket_key,
    till,
    order_id,
    {{ cents_to_euros('total_cents') }} as total,
    order_id is null as is_walk_in,
    printed_at
from {{ source('point_of_sale', 'tickets') }}
