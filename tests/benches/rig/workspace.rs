//! A workspace whose git remote is the benchmark's connection.

use std::{path::Path, process::Command};

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

use super::catalogue;

/// `owner/name` of the connection, and of the remote.
pub const FULL_NAME: &str = "acme/bench";

/// A folder with a dbt project, one model, and the remote.
pub fn create() -> Result<TempDir> {
    let folder = tempfile::Builder::new().prefix("metasync-bench-").tempdir()?;
    let at = folder.path();
    std::fs::write(
        at.join("dbt_project.yml"),
        "name: bench\nversion: '1.0'\nprofile: bench\n",
    )?;
    std::fs::create_dir_all(at.join("models"))?;
    std::fs::write(at.join("models/report.sql"), text(0))?;
    git(at, &["init", "--quiet"])?;
    let remote = format!("https://git.example.com/{FULL_NAME}.git");
    git(at, &["remote", "add", "origin", &remote])?;
    Ok(folder)
}

/// A model that reads another one through an alias.
pub fn text(reads: usize) -> String {
    let (model, column) = (catalogue::name(reads), catalogue::column(3));
    format!("select\n    a.{column}\nfrom {{{{ ref('{model}') }}}} as a\n")
}

/// A model of so many CTEs with so many columns each, one per line; the last one is what it makes.
pub fn long(ctes: usize, columns: usize) -> String {
    let model = catalogue::name(0);
    let mut text = format!("with base as (\n    select * from {{{{ ref('{model}') }}}}\n)");
    for cte in 0..ctes {
        text += &format!(",\ncte_{cte} as (\n    select\n");
        for n in 0..columns {
            let from = catalogue::column(n % 8);
            text += &format!("        coalesce(base.{from}, {n}) as made_{cte}_{n},\n");
        }
        text += "        1 as one\n    from base\n)";
    }
    text + &format!("\nselect * from cte_{}\n", ctes - 1)
}

/// Where the name in `ref()` stands in [`text`]: line and character, from 0.
pub const AT_REF: (u32, u32) = (2, 15);
/// Where the column stands.
pub const AT_COLUMN: (u32, u32) = (1, 8);
/// Where nothing stands.
pub const AT_NOTHING: (u32, u32) = (1, 1);

fn git(at: &Path, arguments: &[&str]) -> Result<()> {
    let status = Command::new("git")
        .args(arguments)
        .current_dir(at)
        .status()
        .context("can't start git")?;
    ensure!(status.success(), "git {} failed", arguments.join(" "));
    Ok(())
}
