//! What the benchmarks share: a catalogue of any size, a hub that serves it, a client that speaks to
//! the language server over a real pipe, and the report that `cargo xtask bench` reads.
#![allow(dead_code, reason = "each benchmark uses a part of it")]

pub mod catalogue;
pub mod crowd;
pub mod http;
pub mod hub;
pub mod inside;
pub mod lsp;
pub mod memory;
pub mod report;
pub mod samples;
pub mod serving;
pub mod workspace;

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};

/// Objects of the small catalogue.
pub const FEW: usize = 1_000;
/// Objects of the large one; with [`catalogue::COLUMNS`] columns each.
pub const MANY: usize = 100_000;

/// Whether `--quick` was asked for: fewer samples, and the large catalogue a tenth as large.
pub fn quick() -> bool {
    std::env::args().any(|a| a == "--quick")
}

/// The sizes to measure at.
pub fn sizes() -> [usize; 2] {
    if quick() { [FEW, MANY / 10] } else { [FEW, MANY] }
}

/// A number for people: `100,000`.
pub fn shown(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// The `metasync` program to measure.
pub fn program() -> Result<PathBuf> {
    let path = std::env::var_os("METASYNC_BIN")
        .map(PathBuf::from)
        .context("METASYNC_BIN names no program: run this by `cargo xtask bench`")?;
    ensure!(path.is_file(), "there is no program at {}", path.display());
    Ok(path)
}
