//! Lineage of one column.

use rusqlite::{Connection, Row, params};
use uuid::Uuid;

use crate::{CacheError, ColumnEnd, ColumnLineage, Reader, limits::COLUMN_EDGES_MAX, rows};

impl Reader {
    /// Where a column comes from and where it goes; its name in any case.
    pub fn column_lineage(&self, object: Uuid, column: &str) -> Result<ColumnLineage, CacheError> {
        self.query(|c| match rows::key_of(c, object)? {
            Some(key) => Ok(ColumnLineage {
                sources: sources(c, key, column)?,
                targets: targets(c, key, column)?,
            }),
            None => Ok(ColumnLineage::default()),
        })
    }
}

/// What flows into a column of an object. A star stands for every column.
pub fn sources(connection: &Connection, key: i64, column: &str) -> rusqlite::Result<Vec<ColumnEnd>> {
    collect(
        connection,
        "SELECT i.id, o.name, o.full_name, o.object_type, e.source_name, e.source_column, e.transformation
         FROM (SELECT source, source_name, source_column, transformation                FROM lineage n
               WHERE target = ?1 AND target_column COLLATE NOCASE IN (?2, '*')
               AND (source IS NOT NULL OR NOT EXISTS (SELECT 1 FROM pair_lineage p
                    WHERE p.target = ?1 AND p.source_name = n.source_name))
               UNION ALL
               SELECT source, source_name, source_column, transformation FROM pair_lineage
               WHERE target = ?1 AND target_column COLLATE NOCASE IN (?2, '*')) e
         LEFT JOIN ids i ON i.key = e.source LEFT JOIN objects o ON o.key = e.source LIMIT ?3",
        key,
        column,
    )
}

/// What a column of an object flows into. An index leads there: some objects are used by thousands.
pub fn targets(connection: &Connection, key: i64, column: &str) -> rusqlite::Result<Vec<ColumnEnd>> {
    collect(connection, TARGETS, key, column)
}

const TARGETS: &str =
    "SELECT i.id, o.name, o.full_name, o.object_type, NULL, e.target_column, e.transformation
     FROM (SELECT target, target_column, transformation FROM lineage
           WHERE source = ?1 AND source_column COLLATE NOCASE IN (?2, '*')
           UNION ALL
           SELECT target, target_column, transformation FROM pair_lineage
           WHERE source = ?1 AND source_column COLLATE NOCASE IN (?2, '*')) e
     JOIN ids i ON i.key = e.target JOIN objects o ON o.key = e.target LIMIT ?3";

fn collect(connection: &Connection, sql: &str, key: i64, column: &str) -> rusqlite::Result<Vec<ColumnEnd>> {
    let mut ends = connection
        .prepare_cached(sql)?
        .query_map(params![key, column, COLUMN_EDGES_MAX as i64], end)?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    ends.sort_by(|a, b| (&a.full_name, &a.column, a.object).cmp(&(&b.full_name, &b.column, b.object)));
    ends.dedup();
    Ok(ends)
}

fn end(row: &Row<'_>) -> rusqlite::Result<ColumnEnd> {
    let written: Option<String> = row.get(4)?;
    let name: Option<String> = row.get(1)?;
    let full_name: Option<String> = row.get(2)?;
    let known = name.is_some();
    let unnamed = || written.clone().unwrap_or_else(|| "(unknown)".to_owned());
    Ok(ColumnEnd {
        object: if known { rows::optional_uuid(row, 0)? } else { None },
        object_name: name.unwrap_or_else(unnamed),
        full_name: full_name.unwrap_or_else(unnamed),
        object_type: row.get(3)?,
        column: row.get(5)?,
        transformation: row.get(6)?,
    })
}

#[cfg(test)]
mod tests {
    use super::TARGETS;

    #[test]
    fn an_index_leads_to_the_targets_of_a_column() {
        let folder = tempfile::tempdir().unwrap();
        let mut cache = crate::Cache::open(&folder.path().join("cache.db")).unwrap().cache;
        cache.index_once().unwrap();
        let mut plan = cache
            .connection
            .prepare(&format!("EXPLAIN QUERY PLAN {TARGETS}"))
            .unwrap();
        let plan: Vec<String> = plan
            .query_map(rusqlite::params![1, "a", 9], |row| row.get(3))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        let plan = plan.join("\n");
        assert!(
            plan.contains("lineage_by_source (source=? AND source_column=?)"),
            "{plan}"
        );
        assert!(!plan.contains("SCAN lineage"), "{plan}");
    }
}
