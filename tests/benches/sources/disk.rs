//! What a benchmark may take of the disk, and what it took.

use std::{path::Path, process::Command};

use anyhow::{Context as _, Result, ensure};

/// Most bytes that the benchmark takes at once; `METASYNC_BENCH_DISK_GB` says another number of gigabytes.
const BUDGET: u64 = 6_000_000_000;

/// Of what is free so much is left alone.
const SPARED: u64 = 2_000_000_000;

/// Most bytes that may be taken in this folder.
pub fn budget(folder: &Path) -> Result<u64> {
    let wanted = match std::env::var("METASYNC_BENCH_DISK_GB") {
        Ok(text) => text.trim().parse::<u64>().context("METASYNC_BENCH_DISK_GB")? * 1_000_000_000,
        Err(_) => BUDGET,
    };
    let told = Command::new("df")
        .args(["-B1", "--output=avail"])
        .arg(folder)
        .output()
        .context("df")?;
    let text = String::from_utf8_lossy(&told.stdout);
    let free: u64 = text
        .lines()
        .nth(1)
        .and_then(|line| line.trim().parse().ok())
        .context("df says nothing")?;
    let usable = free.saturating_sub(SPARED);
    ensure!(
        usable >= BUDGET / 4,
        "the benchmark needs {} GB of disk in {}; there are {} free. TMPDIR names another place",
        (BUDGET / 4 + SPARED) / 1_000_000_000,
        folder.display(),
        free / 1_000_000_000
    );
    Ok(wanted.min(usable))
}

/// Bytes of all files below a folder.
pub fn taken(folder: &Path) -> Result<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        bytes += if metadata.is_dir() {
            taken(&entry.path())?
        } else {
            metadata.len()
        };
    }
    Ok(bytes)
}
