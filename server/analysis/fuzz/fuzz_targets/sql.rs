//! Any text as sql.
#![no_main]

mod shared;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| shared::ask(&[("a.sql", text)]));
