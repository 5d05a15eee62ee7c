{% macro is_settled(status) -%}
    {{ status }} in ('completed', 'returned', 'cancelled')
{%- endmacro %}
