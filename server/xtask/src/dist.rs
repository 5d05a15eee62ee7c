//! The distribution: the optimised binary, and the extension with it inside.

use anyhow::{Context, Result};

use crate::{
    process,
    suite::steps,
    workspace::{root, target_dir},
};

/// Builds both into target/dist.
pub fn run() -> Result<()> {
    let arguments = ["build", "--profile", "dist", "--package", "metasync"];
    process::run(process::command("cargo", &arguments))?;
    let built = target_dir()
        .join("dist")
        .join(format!("metasync{}", std::env::consts::EXE_SUFFIX));
    steps::extension_with(&built, "package")?;
    println!("program:   {}", built.display());
    let folder = root().join("vscode-extension");
    let entries = std::fs::read_dir(&folder).with_context(|| format!("can't list {}", folder.display()))?;
    for path in entries.filter_map(|e| e.ok()).map(|e| e.path()) {
        if path.extension().is_some_and(|e| e == "vsix") {
            println!("extension: {}", path.display());
        }
    }
    Ok(())
}
