//! What a benchmark program prints.

use serde::{Deserialize, Serialize};

/// One JSON object on stdout.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Report {
    /// Name of the benchmark; set by the harness.
    #[serde(default)]
    pub benchmark: String,
    /// How it was measured and what its reader has to know: data, samples, what is left out.
    pub conditions: String,
    /// What was measured.
    pub figures: Vec<Figure>,
}

/// One measured figure, lower is better.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Figure {
    /// What it is, such as `hover p99 over the pipe, 1,000 objects`.
    pub name: String,
    /// `ms`, `s`, `MB`, …
    pub unit: String,
    /// Median of ours, in `unit`.
    pub ours: f64,
    /// What it is compared with, measured in the same run.
    #[serde(default)]
    pub peer: Option<Peer>,
    /// What we want.
    #[serde(default)]
    pub aim: Option<Aim>,
}

/// A peer, or a limit that nothing can beat.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Peer {
    /// Such as `plain rusqlite insert`.
    pub name: String,
    /// In the figure's unit.
    pub value: f64,
}

/// What we want of a figure.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Aim {
    /// Ours, in the figure's unit.
    AtMost(f64),
    /// Ours divided by the peer's.
    RatioAtMost(f64),
}

impl Figure {
    /// Ours divided by the peer's.
    pub fn ratio(&self) -> Option<f64> {
        self.peer
            .as_ref()
            .filter(|p| p.value > 0.0)
            .map(|p| self.ours / p.value)
    }

    /// Whether the aim is held; `None` without one, or where its peer is missing.
    pub fn held(&self) -> Option<bool> {
        match self.aim? {
            Aim::AtMost(most) => Some(self.ours <= most),
            Aim::RatioAtMost(most) => self.ratio().map(|ratio| ratio <= most),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aims_are_compared_with_ours_or_with_the_ratio() {
        let figure = |aim| Figure {
            name: "x".to_owned(),
            unit: "ms".to_owned(),
            ours: 6.0,
            peer: Some(Peer {
                name: "plain".to_owned(),
                value: 2.0,
            }),
            aim,
        };
        assert_eq!(figure(Some(Aim::AtMost(5.0))).held(), Some(false));
        assert_eq!(figure(Some(Aim::RatioAtMost(3.0))).held(), Some(true));
        assert_eq!(figure(None).held(), None);
    }

    #[test]
    fn reads_what_a_program_prints() {
        let printed = r#"{"conditions": "c", "figures": [{"name": "n", "unit": "ms", "ours": 1.5,
            "peer": {"name": "p", "value": 1}, "aim": {"ratio_at_most": 3}}]}"#;
        let report: Report = serde_json::from_str(printed).unwrap();
        assert_eq!(report.figures[0].aim, Some(Aim::RatioAtMost(3.0)));
    }
}
