{{ config(tags=['x']) }}{% set l = ['a', 'b'] %}
select {% for c in l %}{{ m(c) }} as {{ c }}{{ ',' if not loop.last }}{% endfor %} from {{ ref('a') }} {# c #}
{% if is_incremental() %} where {{ target.x }} > {{ var('y', 1) }} {% endif %}
