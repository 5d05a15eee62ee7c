//! Small projects that the stories are told with.

/// A dbt project: two sources, two staging models, one mart with a CTE, one report.
pub const BAKERY: &[(&str, &str)] = &[
    (
        "dbt_project.yml",
        "name: bakery\nversion: '1.0'\nconfig-version: 2\nprofile: bakery\nmodel-paths: [models]\n",
    ),
    (
        "models/staging/stg_loaves.sql",
        "select\n    id as loaf_id,\n    kind,\n    price_cents / 100 as price\nfrom {{ source('till', 'loaves') }}\n",
    ),
    (
        "models/staging/stg_sales.sql",
        "select\n    id as sale_id,\n    loaf as loaf_id,\n    sold_on\nfrom {{ source('till', 'sales') }}\n",
    ),
    (
        "models/marts/takings.sql",
        "with sold as (\n    select loaf_id, count(sale_id) as times\n    from {{ ref('stg_sales') }}\n    group by loaf_id\n)\n\n\
         select\n    l.loaf_id,\n    l.kind,\n    s.times,\n    l.price * s.times as takings\n\
         from {{ ref('stg_loaves') }} as l\nleft join sold as s on s.loaf_id = l.loaf_id\n",
    ),
    (
        "models/marts/best_sellers.sql",
        "select kind, takings\nfrom {{ ref('takings') }}\nwhere takings > 100\n",
    ),
    ("models/schema.yml", SCHEMA),
];

/// Its descriptions.
pub const SCHEMA: &str = "version: 2

sources:
  - name: till
    description: The till in the shop.
    tables:
      - name: loaves
        description: Every kind of loaf that the till knows.
        columns:
          - name: id
            description: Button on the till.
      - name: sales

models:
  - name: stg_loaves
    description: One row per kind of loaf.
    columns:
      - name: loaf_id
        description: Which kind of loaf.
      - name: price
        description: Price of one loaf in euros.
  - name: takings
    description: What each kind of loaf brought in.
    columns:
      - name: takings
        description: Euros in all.
";

/// The mart.
pub const TAKINGS: &str = "models/marts/takings.sql";
/// A staging model.
pub const STG_LOAVES: &str = "models/staging/stg_loaves.sql";
/// The descriptions' file.
pub const SCHEMA_FILE: &str = "models/schema.yml";
/// What is written of `stg_loaves`.
pub const ABOUT_LOAVES: &str = "One row per kind of loaf.";
