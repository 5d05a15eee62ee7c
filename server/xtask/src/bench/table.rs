//! The figures as a table, for a terminal and for a document.

use super::record::{Aim, Figure, Report};

const TITLES: [&str; 7] = ["figure", "unit", "ours", "peer or limit", "ratio", "aim", "held"];

/// Columns in line, for a terminal.
pub fn plain(reports: &[Report]) -> String {
    let mut rows = vec![TITLES.map(str::to_owned)];
    for report in reports {
        rows.extend(report.figures.iter().map(cells));
    }
    let width = |column: usize| rows.iter().map(|r| r[column].chars().count()).max().unwrap_or(0);
    let widths: [usize; 7] = std::array::from_fn(width);
    rows.iter()
        .map(|row| {
            let cells = row
                .iter()
                .zip(widths)
                .map(|(cell, width)| format!("{cell:width$}"));
            let line = cells.collect::<Vec<_>>().join("  ");
            format!("{}\n", line.trim_end())
        })
        .collect()
}

/// A Markdown table of one report.
pub fn markdown(report: &Report) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let mut out = line(&TITLES.map(str::to_owned));
    out.push_str("|---|---|---|---|---|---|---|\n");
    for figure in &report.figures {
        out.push_str(&line(&cells(figure).map(|c| c.replace('|', "\\|"))));
    }
    out
}

fn cells(figure: &Figure) -> [String; 7] {
    [
        figure.name.clone(),
        figure.unit.clone(),
        number(figure.ours),
        figure
            .peer
            .as_ref()
            .map(|p| format!("{} ({})", number(p.value), p.name))
            .unwrap_or_default(),
        figure.ratio().map(|r| format!("{r:.2}")).unwrap_or_default(),
        match figure.aim {
            Some(Aim::AtMost(most)) => format!("≤ {} {}", number(most), figure.unit),
            Some(Aim::RatioAtMost(most)) => format!("ratio ≤ {most}"),
            None => String::new(),
        },
        match figure.held() {
            Some(true) => "yes".to_owned(),
            Some(false) => "NO".to_owned(),
            None => String::new(),
        },
    ]
}

/// Three digits that say something.
fn number(value: f64) -> String {
    let magnitude = value.abs();
    if magnitude >= 100.0 || value == 0.0 {
        format!("{value:.0}")
    } else if magnitude >= 10.0 {
        format!("{value:.1}")
    } else if magnitude >= 1.0 {
        format!("{value:.2}")
    } else {
        format!("{value:.3}")
    }
}

#[cfg(test)]
mod tests {
    use super::{super::record::Peer, *};
    use expect_test::expect;

    #[test]
    fn a_table_tells_what_is_not_held() {
        let report = Report {
            benchmark: "cache".to_owned(),
            conditions: String::new(),
            figures: vec![
                Figure {
                    name: "first sync".to_owned(),
                    unit: "s".to_owned(),
                    ours: 4.2,
                    peer: Some(Peer {
                        name: "plain insert".to_owned(),
                        value: 1.05,
                    }),
                    aim: Some(Aim::RatioAtMost(3.0)),
                },
                Figure {
                    name: "hover".to_owned(),
                    unit: "ms".to_owned(),
                    ours: 0.0713,
                    peer: None,
                    aim: Some(Aim::AtMost(1.0)),
                },
            ],
        };
        expect![[r#"
            figure      unit  ours   peer or limit        ratio  aim        held
            first sync  s     4.20   1.05 (plain insert)  4.00   ratio ≤ 3  NO
            hover       ms    0.071                              ≤ 1.00 ms  yes
        "#]]
        .assert_eq(&plain(std::slice::from_ref(&report)));
        expect![[r#"
            | figure | unit | ours | peer or limit | ratio | aim | held |
            |---|---|---|---|---|---|---|
            | first sync | s | 4.20 | 1.05 (plain insert) | 4.00 | ratio ≤ 3 | NO |
            | hover | ms | 0.071 |  |  | ≤ 1.00 ms | yes |
        "#]]
        .assert_eq(&markdown(&report));
    }
}
