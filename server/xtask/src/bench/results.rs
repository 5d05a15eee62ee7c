//! RESULTS.md: one section for each benchmark, replaced when that benchmark ran.

use std::collections::BTreeMap;

use super::{record::Report, table};

/// What stands above all sections.
const HEADER: &str = "\
# Results of the benchmarks

Written by `cargo xtask bench`; each section by the last full run of its benchmark. Absolute times
depend on the machine and on what else it did: read the ratios, which were measured in one run.
";

/// How a section begins.
const SECTION: &str = "\n## ";

/// The document with the sections of these reports replaced, all others kept.
pub fn update(old: &str, reports: &[Report], machine: &str, date: &str) -> String {
    let mut sections: BTreeMap<String, String> = old
        .split(SECTION)
        .skip(1)
        .filter_map(|section| section.split_once('\n'))
        .map(|(name, body)| (name.to_owned(), body.trim().to_owned()))
        .collect();
    for report in reports {
        let table = table::markdown(report);
        let body = format!(
            "{date}, {machine}.\n\n{}\n\n{}",
            report.conditions,
            table.trim_end()
        );
        sections.insert(report.benchmark.clone(), body);
    }
    let mut out = HEADER.to_owned();
    for (name, body) in sections {
        out.push_str(&format!("{SECTION}{name}\n\n{body}\n"));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(name: &str, conditions: &str) -> Report {
        Report {
            benchmark: name.to_owned(),
            conditions: conditions.to_owned(),
            figures: Vec::new(),
        }
    }

    #[test]
    fn a_section_is_replaced_and_the_others_stay() {
        let first = update(
            "",
            &[report("a", "old"), report("b", "kept")],
            "a machine",
            "2026-01-01",
        );
        let second = update(&first, &[report("a", "new")], "a machine", "2026-01-02");
        assert!(second.contains("2026-01-02, a machine.\n\nnew\n"));
        assert!(second.contains("2026-01-01, a machine.\n\nkept\n"));
        assert!(!second.contains("old"));
        assert_eq!(update(&second, &[], "", ""), second);
    }
}
