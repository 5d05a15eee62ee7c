//! Finding entries (`GET /v1/content`, `GET /v1/catalog`).

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::EntryTable;
use crate::{
    Store,
    database::{AssertSqlSafe, Row, Scope, query},
    error::Result,
    rows::{id, json as json_of, number, time},
};

/// Words of a search that count.
const MOST_WORDS: usize = 8;

/// What is looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// Words that must all stand somewhere in an entry, whatever the case.
    pub words: String,
    /// Content type, or category of the catalogue.
    pub kind: Option<String>,
    /// Whether they are to be available; `None`: either.
    pub available: Option<bool>,
    /// Most rows.
    pub limit: u32,
    /// Rows to leave out first.
    pub offset: u64,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    /// Rows with the table's columns as members.
    pub rows: Vec<Map<String, Value>>,
    /// How many there are in all.
    pub total: u64,
}

impl Store {
    /// Finds entries of an organization, by title.
    pub async fn entries_find(&self, org: Uuid, table: EntryTable, wanted: &Query) -> Result<Found> {
        let mut condition = "org_id = $1".to_owned();
        let mut texts = Vec::new();
        for word in wanted.words.to_lowercase().split_whitespace().take(MOST_WORDS) {
            texts.push(format!("%{}%", escaped(word)));
            condition += &format!(" AND search_text LIKE ${} ESCAPE '\\'", texts.len() + 1);
        }
        if let Some(kind) = &wanted.kind {
            texts.push(kind.clone());
            let column = match table {
                EntryTable::Content => "content_type",
                EntryTable::Catalog => "category_id",
            };
            condition += &format!(" AND {column} = ${}", texts.len() + 1);
        }
        match wanted.available {
            Some(true) => condition += " AND is_available",
            Some(false) => condition += " AND NOT is_available",
            None => {}
        }
        let bound = |statement: String| {
            let asked = query(AssertSqlSafe(statement)).bind(org);
            texts.iter().fold(asked, |asked, text| asked.bind(text))
        };
        let mut tx = self.database().look(Scope::Org(org)).await?;
        let name = table.as_str();
        let total = bound(format!("SELECT count(*) AS n FROM {name} WHERE {condition}"))
            .fetch_one(&mut tx)
            .await?;
        let order = match table {
            EntryTable::Content => "title, id",
            EntryTable::Catalog => "category_id, capacity_gb, capacity, id",
        };
        let rows = bound(format!(
            "SELECT * FROM {name} WHERE {condition} ORDER BY {order} LIMIT {} OFFSET {}",
            wanted.limit, wanted.offset
        ))
        .fetch_all(&mut tx)
        .await?;
        Ok(Found {
            rows: rows.iter().map(|row| shown(row, table)).collect::<Result<_>>()?,
            total: number(&total, "n")?,
        })
    }
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

fn shown(row: &Row, table: EntryTable) -> Result<Map<String, Value>> {
    let text =
        |column: &'static str| -> Result<Value> { Ok(json!(row.try_get::<Option<String>, _>(column)?)) };
    let mut shown = Map::new();
    let mut put = |name: &str, value: Value| {
        shown.insert(name.to_owned(), value);
    };
    put("id", json!(id(row, "id")?));
    put("connection_id", json!(id(row, "connection_id")?));
    match table {
        EntryTable::Content => {
            for column in ["content_type", "title", "artist", "genre", "external_id"] {
                put(column, text(column)?);
            }
        }
        EntryTable::Catalog => {
            for column in ["category_id", "capacity", "content_unit"] {
                put(column, text(column)?);
            }
            for column in ["capacity_gb", "price"] {
                put(column, real(row, column)?);
            }
            put(
                "content_count",
                json!(row.try_get::<Option<i64>, _>("content_count")?),
            );
            for column in ["is_active", "is_popular"] {
                put(column, json!(row.try_get::<Option<bool>, _>(column)?));
            }
        }
    }
    for column in ["source_type", "source_identifier"] {
        put(column, text(column)?);
    }
    put("metadata", json_of(row, "metadata")?);
    put("is_available", json!(row.try_get::<bool, _>("is_available")?));
    put("last_synced_at", json!(time(row, "last_synced_at")?));
    Ok(shown)
}

/// A number as it was written: whole ones without a point.
fn real(row: &Row, column: &'static str) -> Result<Value> {
    let number = row.real(column)?;
    Ok(match number {
        Some(number) if number.fract() == 0.0 && number.abs() < 9e15 => json!(number as i64),
        other => json!(other),
    })
}
