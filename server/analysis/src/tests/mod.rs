//! Tests of the crate through its public face.

mod analysis;
mod completions;
mod robustness;
mod symbols;
