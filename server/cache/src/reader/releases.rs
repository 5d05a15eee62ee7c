//! Tests by their node ids: the same one may stand in a repository and in several releases.

use rusqlite::{Connection, Params};

use crate::{CacheError, Reader, TestFacts, limits::CANDIDATES_MAX, rows};

impl Reader {
    /// The tests with a node id (`path::Class::function`), wherever they are, by their connections' names. A path that
    /// begins in a folder of the repository is good enough where nothing else fits.
    pub fn tests_named(&self, id: &str) -> Result<Vec<TestFacts>, CacheError> {
        self.query(|c| {
            let exact = select(
                c,
                "o.full_name = ?1 COLLATE NOCASE AND o.object_type = 'test'",
                [id],
            )?;
            let mut found: Vec<TestFacts> = exact
                .into_iter()
                .filter(|test| test.object.full_name == id)
                .collect();
            if found.is_empty()
                && let Some((_, name)) = id.rsplit_once("::")
            {
                let inside = format!("/{id}");
                found = select(
                    c,
                    "o.folded = ?1 AND o.object_type = 'test'",
                    [name.to_lowercase()],
                )?;
                found.retain(|test| test.object.full_name.ends_with(&inside));
            }
            Ok(found)
        })
    }
}

fn select(
    connection: &Connection,
    condition: &str,
    parameters: impl Params,
) -> rusqlite::Result<Vec<TestFacts>> {
    connection
        .prepare_cached(&format!(
            "{} ORDER BY c.name, c.id LIMIT {CANDIDATES_MAX}",
            rows::select_placed(condition)
        ))?
        .query_map(parameters, |row| {
            let (object, path, connection) = rows::placed(row)?;
            Ok(TestFacts {
                object,
                path,
                connection,
            })
        })?
        .collect()
}
