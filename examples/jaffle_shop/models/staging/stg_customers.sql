with source as (

    select * from {{ ref('raw_customers') }}

),

renamed as (

    select
        id as customer_id,
        first_name,
        last_name,
        first_name || ' ' || last_name as full_name,
        nullif(lower(trim(email)), '') as email,
        cast(joined_on as date) as joined_on,
        newsletter as wants_newsletter
    from source

)

select * from renamed
