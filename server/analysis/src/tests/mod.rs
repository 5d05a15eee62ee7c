//! Tests of the crate through its public face.

#![allow(clippy::needless_pass_by_value, reason = "an `expect![]` is made for one use")]

mod analysis;
mod cases;
mod completions;
mod dbt;
mod half_typed;
mod hostile;
mod lineage;
mod memo;
mod migrations;
mod occurrences;
mod python;
mod robustness;
mod surroundings;
mod symbols;
mod templates;
