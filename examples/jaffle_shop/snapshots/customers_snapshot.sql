{% snapshot customers_snapshot %}

{{
    config(
        target_schema='snapshots',
        unique_key='customer_id',
        strategy='check',
        check_cols=['email', 'wants_newsletter']
    )
}}

select
    customer_id,
    full_name,
    email,
    wants_newsletter
from {{ ref('stg_customers') }}

{% endsnapshot %}
