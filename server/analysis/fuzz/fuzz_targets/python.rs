//! Any text as python.
#![no_main]

mod shared;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| shared::ask(&[("base.py", "class TestBase:\n  def test_a(self): pass\n"), ("test_a.py", text)]));
