//! Files of migrations: the order in which they are applied, and which parts only undo others.

use std::collections::BTreeSet;

/// Sorts paths as people number them: `V2__b.sql` before `V10__c.sql`, Flyway's repeatable `R__v.sql` last in their
/// folder.
pub(super) fn applied_order(path: &str) -> Vec<Part> {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let mut parts = parts(folder);
    let is_repeatable = name
        .get(..3)
        .is_some_and(|start| start.eq_ignore_ascii_case("r__"));
    parts.push(Part::Number(u128::from(is_repeatable)));
    parts.extend(self::parts(name));
    parts
}

/// A piece of a path: numbers compare as numbers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    Number(u128),
    Text(String),
}

fn parts(text: &str) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let is_digit = first.is_ascii_digit();
        let end = rest
            .find(|c: char| c.is_ascii_digit() != is_digit)
            .unwrap_or(rest.len());
        let (piece, after) = rest.split_at(end);
        match piece.parse::<u128>() {
            Ok(number) if is_digit => parts.push(Part::Number(number)),
            _ => parts.push(Part::Text(piece.to_owned())),
        }
        rest = after;
    }
    parts
}

/// Endings of the names of files that undo what the file with the other ending does.
const UNDO_ENDINGS: [(&str, &str); 3] = [
    (".down.sql", ".up.sql"),
    ("_down.sql", "_up.sql"),
    ("/down.sql", "/up.sql"),
];

/// Whether a file only undoes another one that is there too.
pub(super) fn is_undo(path: &str, paths: &BTreeSet<&str>) -> bool {
    let other = UNDO_ENDINGS
        .iter()
        .find_map(|(down, up)| path.strip_suffix(down).map(|start| format!("{start}{up}")));
    if let Some(other) = other {
        return paths.contains(other.as_str());
    }
    // Flyway: `U2__b.sql` undoes `V2__b.sql`.
    let (folder, name) = path
        .rsplit_once('/')
        .map_or(("", path), |(folder, name)| (folder, name));
    let Some(version) = name.strip_prefix('U').filter(|rest| rest.contains("__")) else {
        return false;
    };
    let other = if folder.is_empty() {
        format!("V{version}")
    } else {
        format!("{folder}/V{version}")
    };
    paths.contains(other.as_str())
}

/// Comments behind which a file undoes what stands before them: dbmate, goose, sql-migrate, MyBatis.
const UNDO_MARKS: [&str; 4] = ["migrate:down", "+goose down", "+migrate down", "//@undo"];

/// The part of a file that is applied.
pub(super) fn applied(text: &str) -> &str {
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if let Some(comment) = line.trim_start().strip_prefix("--") {
            let comment = comment.trim().to_ascii_lowercase();
            if UNDO_MARKS.iter().any(|mark| comment.starts_with(mark)) {
                return text.get(..start).unwrap_or(text);
            }
        }
        start += line.len();
    }
    text
}
