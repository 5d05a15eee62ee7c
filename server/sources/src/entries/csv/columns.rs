//! Which column is which field.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::{EntryError, ErrorKind, KnownField};

/// Most columns that an error names.
const MOST_NAMED: usize = 20;

/// The columns that are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Columns {
    /// Names of the fields.
    pub(super) fields: Vec<String>,
    /// Their columns, from 0.
    pub(super) at: Vec<usize>,
    /// Columns of the file.
    pub(super) count: usize,
    /// Columns that a row must have: those that somebody asked for.
    pub(super) least: usize,
    /// Names that stand in the header more than once, and are read.
    pub(super) doubts: Vec<String>,
}

impl Columns {
    /// The columns by a header.
    pub(super) fn by_header(
        header: &[String],
        mapping: Option<&BTreeMap<String, Value>>,
        known: &[KnownField],
    ) -> Result<Columns, EntryError> {
        let header: Vec<&str> = header.iter().map(|name| name.trim()).collect();
        let find = |name: &str| {
            let exact = header.iter().position(|column| *column == name);
            exact.or_else(|| {
                let name = name.trim().to_lowercase();
                header.iter().position(|column| column.to_lowercase() == name)
            })
        };
        let mut columns = Columns {
            count: header.len(),
            ..Columns::default()
        };
        let mut doubts = Vec::new();
        let mut doubt = |at: usize| {
            let name = header[at];
            let others = (0..header.len()).filter(|other| header[*other] == name).count() - 1;
            if others > 0 {
                doubts.push(format!(
                    "the header (line 1) has {} columns {name:?}; the first of them, column {}, was read; \
                     options.columnMapping can name another one by its number from 0",
                    others + 1,
                    at + 1
                ));
            }
        };
        let Some(mapping) = mapping else {
            for field in known {
                let names = std::iter::once(&field.name).chain(field.aliases);
                if let Some(at) = names.into_iter().find_map(|name| find(name)) {
                    columns.fields.push(field.name.to_owned());
                    columns.at.push(at);
                    doubt(at);
                }
            }
            if columns.fields.is_empty() {
                let wanted: Vec<&str> = known.iter().map(|field| field.name).collect();
                return Err(missing(&wanted.join(", "), &header));
            }
            columns.doubts = doubts;
            return Ok(columns);
        };
        for (field, column) in mapping {
            let at = match column {
                Value::String(name) => {
                    let at = find(name).ok_or_else(|| missing(name, &header))?;
                    doubt(at);
                    at
                }
                other => number(other, header.len())?,
            };
            columns.push(field, at);
        }
        columns.doubts = doubts;
        Ok(columns)
    }

    /// The columns by their numbers.
    pub(super) fn by_number(mapping: &BTreeMap<String, Value>, count: usize) -> Result<Columns, EntryError> {
        let mut columns = Columns {
            count,
            ..Columns::default()
        };
        for (field, column) in mapping {
            columns.push(field, number(column, count)?);
        }
        Ok(columns)
    }

    fn push(&mut self, field: &str, at: usize) {
        self.fields.push(field.to_owned());
        self.at.push(at);
        self.least = self.least.max(at + 1);
    }
}

fn number(column: &Value, count: usize) -> Result<usize, EntryError> {
    let number = match column {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    let number = number.and_then(|n| usize::try_from(n).ok());
    number.filter(|at| *at < count).ok_or_else(|| {
        EntryError::option(
            "columnMapping",
            format!("{column} is no column: the file has {count}, numbered from 0"),
        )
    })
}

fn missing(wanted: &str, header: &[&str]) -> EntryError {
    let mut names: Vec<String> = header.iter().take(MOST_NAMED).map(|n| format!("{n:?}")).collect();
    if header.len() > MOST_NAMED {
        names.push("…".into());
    }
    let mut hint = String::new();
    if let [only] = header
        && let Some(other) = [';', '\t', '|', ','].into_iter().find(|c| only.contains(*c))
    {
        hint = format!("; is options.delimiter {other:?}?");
    }
    EntryError::new(
        ErrorKind::Validation,
        "column_missing",
        format!(
            "the file has no column {wanted:?}; its header (line 1) has {}{hint}",
            names.join(", ")
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const KNOWN: &[KnownField] = &[
        KnownField {
            name: "title",
            aliases: &["name"],
        },
        KnownField {
            name: "artist",
            aliases: &[],
        },
    ];

    fn header(names: &[&str]) -> Vec<String> {
        names.iter().map(|n| (*n).to_owned()).collect()
    }

    fn mapping(value: Value) -> BTreeMap<String, Value> {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn columns_are_found_by_mapping_or_by_known_names() {
        let header = header(&["Song ", "artist", "NAME"]);
        let asked = mapping(json!({"title": "song", "artist": 1}));
        let columns = Columns::by_header(&header, Some(&asked), KNOWN).unwrap();
        assert_eq!(
            (columns.fields.as_slice(), columns.at.as_slice()),
            (
                ["artist".to_owned(), "title".to_owned()].as_slice(),
                [1, 0].as_slice()
            )
        );
        assert_eq!(columns.least, 2);
        let columns = Columns::by_header(&header, None, KNOWN).unwrap();
        assert_eq!((columns.at, columns.least), (vec![2, 1], 0));
        let error = Columns::by_header(&header, Some(&mapping(json!({"title": "x"}))), KNOWN).unwrap_err();
        assert!(
            error.message.contains("\"x\"") && error.message.contains("Song"),
            "{error}"
        );
        let one = vec!["song;artist".to_owned()];
        let error = Columns::by_header(&one, Some(&mapping(json!({"title": "song"}))), KNOWN).unwrap_err();
        assert!(error.message.contains("delimiter"), "{error}");
        assert!(Columns::by_number(&mapping(json!({"title": "1"})), 2).is_ok());
        assert!(Columns::by_number(&mapping(json!({"title": 2})), 2).is_err());
    }
}
