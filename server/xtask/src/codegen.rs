//! Files generated from the Rust types, and the check that they are not stale.

mod openapi;
mod schemas;
mod typescript;

use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::workspace::root;

/// What makes a stale file fresh.
const COMMAND: &str = "cargo xtask codegen";

/// Where the extension's types go.
pub const TYPESCRIPT: &str = "vscode-extension/src/protocol.gen.ts";

/// A generated file.
struct Generated {
    /// From the root of the repository.
    path: &'static str,
    content: String,
}

/// Writes all generated files, or with `check` fails naming those that are stale.
pub fn run(check: bool) -> Result<()> {
    // The protocol's first: they don't need a hub that compiles.
    let of_protocol = from_protocol()?;
    if !check {
        write(&of_protocol)?;
    }
    let of_hub = [Generated {
        path: openapi::PATH,
        content: openapi::text()?,
    }];
    if !check {
        return write(&of_hub);
    }
    let all = of_protocol.len() + of_hub.len();
    let mut stale = stale(root(), &of_protocol);
    stale.extend(self::stale(root(), &of_hub));
    if !stale.is_empty() {
        bail!(
            "stale: {}; run `{COMMAND}` and commit what it wrote",
            stale.join(", ")
        );
    }
    println!("{all} generated files are fresh");
    Ok(())
}

/// Writes those whose content on disk is another.
fn write(generated: &[Generated]) -> Result<()> {
    for file in generated {
        let path = root().join(file.path);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).with_context(|| format!("can't create {}", folder.display()))?;
        }
        if std::fs::read_to_string(&path).is_ok_and(|old| old == file.content) {
            continue;
        }
        std::fs::write(&path, &file.content).with_context(|| format!("can't write {}", path.display()))?;
        println!("wrote {}", file.path);
    }
    Ok(())
}

/// What comes from the protocol crate alone.
fn from_protocol() -> Result<Vec<Generated>> {
    let extensions = schemas::lsp_extensions();
    let settings = schemas::settings();
    let typescript = typescript::print(&[&extensions, &settings])?;
    Ok(vec![
        Generated {
            path: "schemas/sync-package.schema.json",
            content: schemas::text(&schemas::sync_package())?,
        },
        Generated {
            path: "schemas/lsp-extensions.json",
            content: schemas::text(&extensions)?,
        },
        Generated {
            path: "schemas/settings.json",
            content: schemas::text(&settings)?,
        },
        Generated {
            path: TYPESCRIPT,
            content: typescript,
        },
    ])
}

/// Paths whose content on disk is not what would be generated.
fn stale(root: &Path, generated: &[Generated]) -> Vec<&'static str> {
    generated
        .iter()
        .filter(|file| std::fs::read_to_string(root.join(file.path)).ok().as_deref() != Some(&file.content))
        .map(|file| file.path)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generated_files_are_fresh() {
        let stale = stale(root(), &from_protocol().unwrap());
        assert!(stale.is_empty(), "stale: {stale:?}; run `{COMMAND}`");
    }

    #[test]
    fn a_changed_and_a_missing_file_are_stale() {
        let folder = std::env::temp_dir().join(format!("xtask-stale-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("schemas")).unwrap();
        std::fs::write(folder.join("schemas/same.json"), "{}\n").unwrap();
        std::fs::write(folder.join("schemas/changed.json"), "[]\n").unwrap();
        let of = |path| Generated {
            path,
            content: "{}\n".to_owned(),
        };
        let files = [
            of("schemas/same.json"),
            of("schemas/changed.json"),
            of("schemas/missing.json"),
        ];
        let found = stale(&folder, &files);
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!(found, ["schemas/changed.json", "schemas/missing.json"]);
    }
}
