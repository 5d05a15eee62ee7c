//! The cache's own benchmark (server/cache/examples/bench_cache.rs) prints its figures in a shape of
//! its own, for whoever works on the cache; here they become a report.

use anyhow::{Context, Result};
use serde::Deserialize;

use super::record::{Aim, Figure, Peer, Report};

/// How many times a plain insert the cache may take for the same rows.
const AIM_APPLY: f64 = 3.0;
/// Aims of a hover's look-up and facts (ms).
const AIM_P50: f64 = 0.2;
const AIM_P99: f64 = 1.0;

/// What the program prints; times as their names say.
#[derive(Deserialize)]
struct Printed {
    objects: u64,
    columns: u64,
    apply_ms: f64,
    plain_insert_ms: f64,
    lookup_and_facts_us: Spread,
    lineage_us: Spread,
    search_us: Spread,
    search_descriptions_us: Spread,
    cache_bytes: f64,
}

#[derive(Clone, Copy, Deserialize)]
struct Spread {
    p50: f64,
    p99: f64,
}

/// The report of what the program printed.
pub fn report(printed: &str) -> Result<Report> {
    let p: Printed = serde_json::from_str(printed).context("the cache's benchmark prints another shape")?;
    let mut figures = vec![Figure {
        name: format!("apply {} objects, {} columns", p.objects, p.columns),
        unit: "ms".to_owned(),
        ours: p.apply_ms,
        peer: Some(Peer {
            name: "plain rusqlite insert".to_owned(),
            value: p.plain_insert_ms,
        }),
        aim: Some(Aim::RatioAtMost(AIM_APPLY)),
    }];
    let questions = [
        ("look up a name and all its facts", p.lookup_and_facts_us, true),
        ("lineage tree, 3 deep", p.lineage_us, false),
        ("search by a part of a name", p.search_us, false),
        ("search that finds nothing", p.search_descriptions_us, false),
    ];
    for (what, spread, aimed) in questions {
        for (share, microseconds, aim) in [("p50", spread.p50, AIM_P50), ("p99", spread.p99, AIM_P99)] {
            figures.push(Figure {
                name: format!("{what}, {share}"),
                unit: "ms".to_owned(),
                ours: microseconds / 1_000.0,
                peer: None,
                aim: aimed.then_some(Aim::AtMost(aim)),
            });
        }
    }
    figures.push(Figure {
        name: "size of the cache".to_owned(),
        unit: "MB".to_owned(),
        ours: p.cache_bytes / 1024.0 / 1024.0,
        peer: None,
        aim: None,
    });
    Ok(Report {
        benchmark: String::new(),
        conditions: format!(
            "The cache alone, no hub and no wire: {} synthetic models in pages of 1,000, already in memory. The \
             plain insert stores the wire's rows with text ids, one transaction a page, no keys and no \
             indexes; the cache keeps keys, indexes, checksums and a full-text search.",
            p.objects
        ),
        figures,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn microseconds_become_milliseconds() {
        let spread = r#"{"p50": 20.0, "p99": 90.0}"#;
        let printed = format!(
            r#"{{"objects": 10, "columns": 100, "apply_ms": 30, "plain_insert_ms": 10, "cache_bytes": 1048576,
                "lookup_and_facts_us": {spread}, "lineage_us": {spread}, "search_us": {spread},
                "search_descriptions_us": {spread}}}"#
        );
        let report = report(&printed).unwrap();
        assert_eq!(report.figures[0].ratio(), Some(3.0));
        assert_eq!(report.figures[1].ours, 0.02);
        assert_eq!(report.figures[1].held(), Some(true));
    }
}
