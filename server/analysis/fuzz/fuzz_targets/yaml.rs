//! Any text as yaml.
#![no_main]

mod shared;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| shared::ask(&[("dbt_project.yml", "name: p"), ("models/a.sql", "select 1 as a"), ("models/a.yml", text)]));
