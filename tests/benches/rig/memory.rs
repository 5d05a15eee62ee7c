//! Memory of a process, as the kernel counts it.

use anyhow::{Context, Result};

/// MiB.
#[derive(Clone, Copy, Debug)]
pub struct Memory {
    /// Resident now (VmRSS).
    pub resident: f64,
    /// Resident at most so far (VmHWM).
    pub peak: f64,
}

/// Of this process.
pub fn of(process: u32) -> Result<Memory> {
    let path = format!("/proc/{process}/status");
    let status = std::fs::read_to_string(&path).with_context(|| format!("can't read {path}"))?;
    let field = |name: &str| -> Result<f64> {
        status
            .lines()
            .find_map(|line| {
                line.strip_prefix(name)?
                    .trim()
                    .strip_suffix(" kB")?
                    .trim()
                    .parse::<f64>()
                    .ok()
            })
            .map(|kib| kib / 1024.0)
            .with_context(|| format!("{path} has no {name}"))
    };
    Ok(Memory {
        resident: field("VmRSS:")?,
        peak: field("VmHWM:")?,
    })
}
