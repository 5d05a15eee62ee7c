//! Which entries hold words, as each database is asked.

use uuid::Uuid;

use super::{super::EntryTable, words::mark};
use crate::{
    database::{AssertSqlSafe, Row, Tx, query},
    error::Result,
    rows::number,
};

/// How a word may stand in an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// As it is.
    Whole(String),
    /// As the beginning of one.
    Begins(String),
}

/// What an entry must have to be found: of each list one form.
pub(super) type Wanted = Vec<Vec<Form>>;

/// Conditions that have nothing to do with words, over the table's columns.
#[derive(Clone, Debug, Default)]
pub(super) struct Filter {
    /// As SQL over `e`, with `$2` and so on.
    pub(super) condition: String,
    /// Its values.
    pub(super) values: Vec<String>,
}

/// A question to one table.
pub(super) struct Matching<'a> {
    pub(super) org: Uuid,
    pub(super) table: EntryTable,
    pub(super) wanted: &'a Wanted,
    pub(super) filter: &'a Filter,
}

/// The end of all words with this beginning: no text has a letter behind the last one there is.
const LAST: char = char::MAX;

impl Matching<'_> {
    /// FROM and WHERE, and the values from `$1` on.
    fn text(&self, is_postgres: bool) -> (String, Vec<String>) {
        let mut values = self.filter.values.clone();
        let mut place = |value: String| {
            values.push(value);
            values.len() + 1
        };
        let (table, index) = (self.table.as_str(), self.table.words());
        let text = if is_postgres {
            let mut all = String::new();
            for forms in self.wanted {
                let any: Vec<String> = forms
                    .iter()
                    .map(|form| match form {
                        Form::Whole(word) => format!("w.word = ${}", place(word.clone())),
                        Form::Begins(word) => {
                            let (first, last) = (place(word.clone()), place(format!("{word}{LAST}")));
                            format!("(w.word >= ${first} AND w.word < ${last})")
                        }
                    })
                    .collect();
                all += &format!(
                    " AND e.id IN (SELECT w.entry_id FROM {index} w WHERE w.org_id = $1 AND ({}))",
                    any.join(" OR ")
                );
            }
            format!("FROM {table} e WHERE e.org_id = $1{}{all}", self.filter.condition)
        } else {
            let at = place(self.expression());
            format!(
                "FROM {index} CROSS JOIN {table} e ON e.number = {index}.rowid
                 WHERE {index} MATCH ${at} AND e.org_id = $1{}",
                self.filter.condition
            )
        };
        (text, values)
    }

    /// In the language of SQLite's index; words hold letters and digits only.
    fn expression(&self) -> String {
        let mark = mark(self.org);
        let all = self.wanted.iter().map(|forms| {
            let any = forms.iter().map(|form| match form {
                Form::Whole(word) => format!("\"{mark}{word}\""),
                Form::Begins(word) => format!("\"{mark}{word}\" *"),
            });
            format!("({})", any.collect::<Vec<_>>().join(" OR "))
        });
        all.collect::<Vec<_>>().join(" AND ")
    }

    /// How many there are, counted up to a limit.
    pub(super) async fn count(&self, tx: &mut Tx, most: u64) -> Result<u64> {
        let (text, values) = self.text(tx.is_postgres());
        let statement = format!("SELECT count(*) AS n FROM (SELECT 1 AS one {text} LIMIT {most}) AS found");
        let mut asked = query(AssertSqlSafe(statement)).bind(self.org);
        for value in values {
            asked = asked.bind(value);
        }
        number(&asked.fetch_one(tx).await?, "n")
    }

    /// Columns of those that are not in `but`, so many after so many, in the order in which they were stored.
    pub(super) async fn rows(
        &self,
        tx: &mut Tx,
        columns: &str,
        but: &[Uuid],
        (limit, offset): (usize, u64),
    ) -> Result<Vec<Row>> {
        let (text, values) = self.text(tx.is_postgres());
        let last = values.len() + 2;
        // SQLite's index gives them in the order of their numbers by itself
        let order = if tx.is_postgres() && offset > 0 {
            "ORDER BY e.id"
        } else {
            ""
        };
        let others = if but.is_empty() {
            String::new()
        } else {
            format!(" AND NOT ({})", tx.is_in("e.id", last))
        };
        let statement = format!("SELECT {columns} {text}{others} {order} LIMIT {limit} OFFSET {offset}");
        let mut asked = query(AssertSqlSafe(statement)).bind(self.org);
        for value in values {
            asked = asked.bind(value);
        }
        if !but.is_empty() {
            asked = asked.bind(but);
        }
        Ok(asked.fetch_all(tx).await?)
    }
}
