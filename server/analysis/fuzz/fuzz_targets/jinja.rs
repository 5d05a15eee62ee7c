//! Any text as jinja.
#![no_main]

mod shared;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| shared::ask(&[("dbt_project.yml", "name: p"), ("macros/m.sql", "{% macro m(a) %}{{ a }}{% endmacro %}"), ("models/a.sql", text)]));
