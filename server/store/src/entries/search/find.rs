//! Finding entries (`GET /v1/content`, `GET /v1/catalog`).

use std::collections::HashMap;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{
    super::EntryTable,
    matching::{Filter, Form, Matching, Wanted},
    rank::{self, Candidate},
    similar, words,
};
use crate::{
    Store,
    database::{AssertSqlSafe, Row, Scope, Tx, query},
    error::Result,
    rows::{id, json as json_of, number, time},
};

/// Words of a search that count.
const MOST_WORDS: usize = 8;

/// Entries that are compared with each other; what stands behind them comes in the order in which it was stored.
const CANDIDATES: usize = 1_000;

/// Entries of a search that are counted.
const MOST_COUNTED: u64 = 20_000;

/// Numbers shorter than this are looked for as they are.
const SHORTEST_NUMBER: usize = 3;

/// Who writes these did not mistype a word.
const SIGNS: &str = "%_*\\()[]{}<>=;:\"|^~";

/// What is looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// Words that must all be in an entry, or begin words of it, whatever the case.
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
    /// How many there are in all; of a search counted up to some ten thousand.
    pub total: u64,
}

impl Store {
    /// Finds entries of an organization: without words all of them by title, else those that hold a word with each
    /// beginning, the best first; where there are none, those with words that look like it.
    pub async fn entries_find(&self, org: Uuid, table: EntryTable, wanted: &Query) -> Result<Found> {
        let mut tx = self.database().look(Scope::Org(org)).await?;
        let filter = filter(table, wanted);
        if wanted.words.trim().is_empty() {
            return listed(&mut tx, org, table, wanted, &filter).await;
        }
        let words: Vec<String> = words::cut(&wanted.words).take(MOST_WORDS).collect();
        if words.is_empty() {
            // nothing but signs, which no word holds
            return Ok(Found::default());
        }
        let mut begins: Wanted = Vec::with_capacity(words.len());
        for word in &words {
            let known = similar::beginnings(&mut tx, org, word).await?;
            begins.push(known.unwrap_or_else(|| vec![form(word)]));
        }
        let filter = &filter;
        let mut total = in_table(org, table, filter, &begins)
            .count(&mut tx, MOST_COUNTED)
            .await?;
        let may_be_mistyped = !wanted.words.contains(|c: char| SIGNS.contains(c));
        if total == 0 && may_be_mistyped {
            begins = similar::forms(&mut tx, org, &words).await?;
            total = in_table(org, table, filter, &begins)
                .count(&mut tx, MOST_COUNTED)
                .await?;
        }
        if total == 0 {
            return Ok(Found::default());
        }
        // What fits best comes first, so that it is among those that are compared however many there are.
        let title = words::whole(&wanted.words).map(|title| vec![vec![Form::Whole(title)]]);
        let whole = words.iter().map(|word| vec![Form::Whole(word.clone())]).collect();
        let mut candidates: Vec<Candidate> = Vec::new();
        for wanted in title.iter().chain([&whole, &begins]) {
            let room = CANDIDATES.saturating_sub(candidates.len());
            if room == 0 || candidates.len() as u64 == total {
                break;
            }
            let known: Vec<Uuid> = candidates.iter().map(|candidate| candidate.id).collect();
            let rows = in_table(org, table, filter, wanted)
                .rows(&mut tx, rank::columns(table), &known, (room, 0))
                .await?;
            for row in &rows {
                candidates.push(Candidate::read(row)?);
            }
        }
        let ranked = rank::best_first(candidates, &words);
        let (offset, limit) = (wanted.offset, wanted.limit as usize);
        let skipped = usize::try_from(offset).unwrap_or(usize::MAX).min(ranked.len());
        let page: Vec<Uuid> = ranked[skipped..].iter().take(limit).copied().collect();
        let mut rows = by_id(&mut tx, org, table, &page).await?;
        let more = limit - rows.len();
        if more > 0 && total > ranked.len() as u64 {
            let behind = offset.saturating_sub(ranked.len() as u64);
            let rest = in_table(org, table, filter, &begins)
                .rows(&mut tx, "e.*", &ranked, (more, behind))
                .await?;
            for row in &rest {
                rows.push(shown(row, table)?);
            }
        }
        Ok(Found { rows, total })
    }
}

fn in_table<'a>(org: Uuid, table: EntryTable, filter: &'a Filter, wanted: &'a Wanted) -> Matching<'a> {
    Matching {
        org,
        table,
        wanted,
        filter,
    }
}

/// A word that is looked for: as the beginning of others, unless it is a digit or two, with which too much begins.
fn form(word: &str) -> Form {
    if word.len() < SHORTEST_NUMBER && word.bytes().all(|byte| byte.is_ascii_digit()) {
        Form::Whole(word.to_owned())
    } else {
        Form::Begins(word.to_owned())
    }
}

/// Conditions beside the words, over `e`.
fn filter(table: EntryTable, wanted: &Query) -> Filter {
    let mut filter = Filter::default();
    if let Some(kind) = &wanted.kind {
        filter.values.push(kind.clone());
        let column = match table {
            EntryTable::Content => "content_type",
            EntryTable::Catalog => "category_id",
        };
        filter.condition += &format!(" AND e.{column} = $2");
    }
    match wanted.available {
        Some(true) => filter.condition += " AND e.is_available",
        Some(false) => filter.condition += " AND NOT e.is_available",
        None => {}
    }
    filter
}

/// All entries, by title.
async fn listed(tx: &mut Tx, org: Uuid, table: EntryTable, wanted: &Query, filter: &Filter) -> Result<Found> {
    let (name, condition) = (table.as_str(), &filter.condition);
    let bound = |statement: String| {
        let asked = query(AssertSqlSafe(statement)).bind(org);
        filter.values.iter().fold(asked, |asked, text| asked.bind(text))
    };
    let total = bound(format!(
        "SELECT count(*) AS n FROM {name} e WHERE e.org_id = $1{condition}"
    ))
    .fetch_one(tx)
    .await?;
    let order = match table {
        EntryTable::Content => "e.title, e.id",
        EntryTable::Catalog => "e.category_id, e.capacity_gb, e.capacity, e.id",
    };
    let rows = bound(format!(
        "SELECT e.* FROM {name} e WHERE e.org_id = $1{condition} ORDER BY {order} LIMIT {} OFFSET {}",
        wanted.limit, wanted.offset
    ))
    .fetch_all(tx)
    .await?;
    Ok(Found {
        rows: rows.iter().map(|row| shown(row, table)).collect::<Result<_>>()?,
        total: number(&total, "n")?,
    })
}

/// Entries in this order.
async fn by_id(tx: &mut Tx, org: Uuid, table: EntryTable, ids: &[Uuid]) -> Result<Vec<Map<String, Value>>> {
    let rows = query(AssertSqlSafe(format!(
        "SELECT * FROM {} WHERE org_id = $1 AND {}",
        table.as_str(),
        tx.is_in("id", 2)
    )))
    .bind(org)
    .bind(ids)
    .fetch_all(tx)
    .await?;
    let mut found = HashMap::with_capacity(rows.len());
    for row in &rows {
        found.insert(id(row, "id")?, shown(row, table)?);
    }
    Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
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
