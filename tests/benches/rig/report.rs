//! What a benchmark prints: one JSON object in the shape that `cargo xtask bench` reads
//! (server/xtask/src/bench/record.rs).

use anyhow::Result;
use serde::Serialize;

/// The whole of it.
#[derive(Debug, Serialize)]
pub struct Report {
    /// How it was measured and what its reader has to know.
    pub conditions: String,
    /// What was measured.
    pub figures: Vec<Figure>,
}

/// One figure; lower is better.
#[derive(Debug, Serialize)]
pub struct Figure {
    name: String,
    unit: &'static str,
    ours: f64,
    peer: Option<Peer>,
    aim: Option<Aim>,
}

#[derive(Debug, Serialize)]
struct Peer {
    name: String,
    value: f64,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
enum Aim {
    AtMost(f64),
    RatioAtMost(f64),
}

impl Figure {
    /// A figure with neither peer nor aim.
    pub fn new(name: impl Into<String>, unit: &'static str, ours: f64) -> Figure {
        Figure {
            name: name.into(),
            unit,
            ours,
            peer: None,
            aim: None,
        }
    }

    /// With what it is compared, measured in the same run.
    pub fn against(mut self, name: impl Into<String>, value: f64) -> Figure {
        self.peer = Some(Peer {
            name: name.into(),
            value,
        });
        self
    }

    /// Wanted: ours is at most this.
    pub fn at_most(mut self, most: f64) -> Figure {
        self.aim = Some(Aim::AtMost(most));
        self
    }

    /// Wanted: ours is at most so many times the peer's.
    pub fn ratio_at_most(mut self, most: f64) -> Figure {
        self.aim = Some(Aim::RatioAtMost(most));
        self
    }
}

impl Report {
    /// Prints it.
    pub fn print(&self) -> Result<()> {
        println!("{}", serde_json::to_string(self)?);
        Ok(())
    }
}
