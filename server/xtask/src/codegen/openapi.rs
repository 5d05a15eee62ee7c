//! schemas/openapi.json, which the hub describes itself.
//!
//! The hub is asked through a program of its own instead of linked in: xtask stays small, and its
//! other tasks work while the hub does not compile.

use anyhow::{Context, Result};

/// Where the description goes.
pub const PATH: &str = "schemas/openapi.json";

/// The hub's description, formatted like the other schemas.
pub fn text() -> Result<String> {
    let arguments = [
        "run",
        "--quiet",
        "--package",
        "metasync-hub",
        "--example",
        "openapi",
    ];
    let printed = crate::process::output("cargo", &arguments)?;
    let description = serde_json::from_str(&printed)
        .context("the hub's example `openapi` did not print one JSON document")?;
    super::schemas::text(&description)
}
