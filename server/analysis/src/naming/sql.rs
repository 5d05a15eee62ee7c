//! Names of SQL: the quotes of each dialect, and when they are needed.

use super::{is_identifier, reserved};
use crate::sql::lex::{closing, unquote};
use crate::{Dialect, Span};

/// How a dialect quotes names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Quotes {
    open: char,
}

/// To which case a dialect folds names without quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Folding {
    Lower,
    Upper,
    /// Names keep their letters, or their case does not matter.
    Neither,
}

const fn folding(dialect: Dialect) -> Folding {
    match dialect {
        // what nobody told is read as our catalogue does: in small letters
        Dialect::Ansi | Dialect::Postgres | Dialect::Redshift => Folding::Lower,
        Dialect::Snowflake | Dialect::Oracle => Folding::Upper,
        Dialect::BigQuery
        | Dialect::ClickHouse
        | Dialect::Databricks
        | Dialect::DuckDb
        | Dialect::Hive
        | Dialect::MySql
        | Dialect::Spark
        | Dialect::Sqlite
        | Dialect::Trino
        | Dialect::Tsql => Folding::Neither,
    }
}

impl Quotes {
    /// Those of a dialect; where nobody told which, those that the text uses itself.
    pub(super) fn of(dialect: Option<Dialect>, text: &str) -> Quotes {
        match dialect {
            Some(
                Dialect::BigQuery | Dialect::Databricks | Dialect::Hive | Dialect::MySql | Dialect::Spark,
            ) => Quotes { open: '`' },
            Some(Dialect::Tsql) => Quotes { open: '[' },
            None if text.contains('`') && !text.contains('"') => Quotes { open: '`' },
            _ => Quotes { open: '"' },
        }
    }

    /// `name` instead of what is written as `raw`.
    pub(super) fn written(self, raw: &str, name: &str, dialect: Dialect) -> String {
        match raw.chars().next() {
            Some(open @ ('"' | '`' | '[')) => {
                // quoted, but what it would be without quotes: `"ORDER_ID"` of Snowflake is `order_id`
                let stays_folded = folding(dialect) == Folding::Upper
                    && !raw.chars().any(char::is_lowercase)
                    && raw.chars().any(char::is_uppercase)
                    && bare(name, dialect);
                let folded = if stays_folded {
                    name.to_uppercase()
                } else {
                    name.to_owned()
                };
                quoted(&folded, open)
            }
            _ if bare(name, dialect) => name.to_owned(),
            _ => quoted(name, self.open),
        }
    }
}

fn quoted(name: &str, open: char) -> String {
    let close = closing(open);
    let doubled = format!("{close}{close}");
    format!("{open}{}{close}", name.replace(close, &doubled))
}

/// Whether a name means itself without quotes.
fn bare(name: &str, dialect: Dialect) -> bool {
    let (mut has_upper, mut has_lower) = (false, false);
    for c in name.chars() {
        has_upper |= c.is_uppercase();
        has_lower |= c.is_lowercase();
    }
    let is_folded = match folding(dialect) {
        Folding::Lower => !has_upper,
        Folding::Upper => !(has_upper && has_lower),
        Folding::Neither => true,
    };
    is_folded && is_identifier(name) && !reserved::is_reserved(name)
}

/// A name without its quotes, and where it stands within what is written.
pub(super) fn unquoted(raw: &str) -> (Span, String) {
    match raw.chars().next() {
        Some(open @ ('"' | '`' | '[')) => {
            let is_closed = raw.len() > 1 && raw.ends_with(closing(open));
            let end = if is_closed { raw.len() - 1 } else { raw.len() };
            (Span::new(1, end), unquote(raw))
        }
        // as the catalogue has it
        _ => (Span::new(0, raw.len()), raw.to_owned()),
    }
}
