//! Writing many rows at once, the way that each database is good at: several hundred rows of values
//! in one statement on SQLite, one array for each column on PostgreSQL.

use super::{AssertSqlSafe, Column, Tx, Value, query};

/// Rows of one INSERT on SQLite, the most first: 19 parameters each stay below its 32,766. There are few sizes, as
/// each is a statement of its own, which a connection keeps prepared: with as many sizes as there are numbers of
/// rows the connection's memory would grow by a megabyte with each of them.
const ROWS_PER_STATEMENT: [usize; 5] = [500, 100, 20, 4, 1];

/// Columns, each with its type on PostgreSQL and its values in the order of the rows.
pub(crate) type Columns = Vec<(&'static str, &'static str, Column)>;

/// What becomes of a row whose key is there already.
#[derive(Clone, Copy)]
pub(crate) enum Conflict {
    /// It stays.
    Keep,
    /// It is replaced.
    Replace,
}

/// Many rows of one table.
pub(crate) struct Insert {
    pub(crate) table: &'static str,
    /// What all rows have alike.
    pub(crate) shared: Vec<(&'static str, Value)>,
    pub(crate) columns: Columns,
    /// The columns of the key.
    pub(crate) key: &'static [&'static str],
    /// What becomes of a row whose key is there.
    pub(crate) or: Conflict,
}

impl Insert {
    /// Inserts so many rows.
    pub(crate) async fn run(self, tx: &mut Tx, rows: usize) -> sqlx::Result<()> {
        if tx.is_postgres() {
            self.arrays(tx).await
        } else {
            self.values(tx, rows).await
        }
    }

    /// The statement around the rows; first in each row stands what all of them share.
    fn statement(&self, rows: &str) -> String {
        let names: Vec<&str> = self
            .shared
            .iter()
            .map(|(name, _)| *name)
            .chain(self.columns.iter().map(|(name, ..)| *name))
            .collect();
        let then = match self.or {
            Conflict::Keep => "DO NOTHING".to_owned(),
            Conflict::Replace => {
                let replaced = names.iter().filter(|name| !self.key.contains(name));
                let replaced: Vec<String> =
                    replaced.map(|name| format!("{name} = excluded.{name}")).collect();
                format!("DO UPDATE SET {}", replaced.join(", "))
            }
        };
        format!(
            "INSERT INTO {} ({}) {rows} ON CONFLICT ({}) {then}",
            self.table,
            names.join(", "),
            self.key.join(", ")
        )
    }

    async fn arrays(self, tx: &mut Tx) -> sqlx::Result<()> {
        let first = self.shared.len() + 1;
        let arrays = self.columns.iter().zip(first..);
        let arrays: Vec<String> = arrays
            .map(|((_, kind, _), n)| format!("${n}::{kind}[]"))
            .collect();
        let shared: Vec<String> = (1..first).map(|n| format!("${n}")).collect();
        let rows = format!(
            "SELECT {}, r.* FROM UNNEST({}) AS r",
            shared.join(", "),
            arrays.join(", ")
        );
        let mut insert = query(AssertSqlSafe(self.statement(&rows)));
        for (_, value) in self.shared {
            insert = insert.bind(value);
        }
        for (_, _, column) in self.columns {
            insert = insert.bind(column);
        }
        insert.execute(tx).await?;
        Ok(())
    }

    async fn values(mut self, tx: &mut Tx, rows: usize) -> sqlx::Result<()> {
        let mut first = 0;
        while first < rows {
            let last = first + rows_of_next(rows - first);
            // `?` counts from 1, so what the rows share comes after them
            let own = (last - first) * self.columns.len();
            let shared: Vec<String> = (1..=self.shared.len()).map(|n| format!("${}", own + n)).collect();
            let row = format!("({}{})", shared.join(", "), ", ?".repeat(self.columns.len()));
            let values = format!("VALUES {}", vec![row.as_str(); last - first].join(", "));
            let mut insert = query(AssertSqlSafe(self.statement(&values)));
            for row in first..last {
                for (_, _, column) in &mut self.columns {
                    insert = insert.bind(column.take(row));
                }
            }
            for (_, value) in &self.shared {
                insert = insert.bind(value.clone());
            }
            insert.execute(tx).await?;
            first = last;
        }
        Ok(())
    }
}

/// How many of the rows that are left the next statement takes.
fn rows_of_next(left: usize) -> usize {
    let fitting = ROWS_PER_STATEMENT.into_iter().find(|size| *size <= left);
    fitting.unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn however_many_rows_there_are_the_statements_are_of_few_sizes() {
        for rows in [1, 3, 19, 119, 499, 500, 4_999, 5_000] {
            let (mut left, mut statements) = (rows, 0);
            while left > 0 {
                let size = rows_of_next(left);
                assert!(ROWS_PER_STATEMENT.contains(&size), "{size}");
                left -= size;
                statements += 1;
            }
            assert!(
                statements <= rows / ROWS_PER_STATEMENT[0] + 15,
                "{rows} in {statements}"
            );
        }
    }
}
