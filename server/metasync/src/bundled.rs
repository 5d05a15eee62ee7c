//! The example project, inside the binary, so that an installed one has it too.

use std::{io, path::Path};

use include_dir::{Dir, include_dir};

static EXAMPLE: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../examples/jaffle_shop");

/// Name of the example.
pub const NAME: &str = "jaffle_shop";

/// Unpacks the example into `folder`.
pub fn unpack(folder: &Path) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    EXAMPLE.extract(folder)
}
