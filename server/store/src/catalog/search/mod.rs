//! Finding what a connection holds: by names, columns, descriptions, and words in files; beginnings and
//! parts count, and where nothing bears a word, those that look like it.

mod rank;
mod similar;

use std::collections::BTreeSet;

use metasync_protocol::Compact;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    Store,
    database::{AssertSqlSafe, Row, Scope, Tx, query},
    error::Result,
    rows::{id, json, optional_id},
};
use rank::Candidate;

/// Words of a search that count.
const MOST_WORDS: usize = 8;

/// Objects, and files, that are looked at closely.
const CANDIDATES: i64 = 2_000;

/// Words that stand in for one that nothing bears.
const MOST_SIMILAR: usize = 5;

/// Something that a search found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FoundObject {
    /// The object, or the file.
    pub id: Uuid,
    /// Short name.
    pub name: String,
    /// Full name; of a file its path.
    pub full_name: String,
    /// `model`, `table`, …, or `file`.
    pub object_type: String,
    /// What people wrote about it.
    pub description: Option<String>,
    /// The file that defines it.
    pub relative_path: Option<String>,
    /// First line there, from 1.
    pub line_start: Option<i64>,
    /// The branch, where it is not the connection's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// Columns that were found.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
    /// Where it was found: `name`, `column`, `description`, `content`; `similar` where a word only looks
    /// like what was asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub matched: Vec<String>,
}

/// A word that is looked for, with others that may stand in for it.
#[derive(Clone, Debug)]
struct Word {
    text: String,
    similar: Vec<String>,
}

impl Word {
    /// What may stand for it.
    fn forms(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.text.as_str()).chain(self.similar.iter().map(String::as_str))
    }
}

impl Store {
    /// Live objects and files of a connection that hold each word of `text` somewhere, the best first:
    /// names before columns, columns before descriptions, and words in files last. An empty text finds
    /// all objects.
    pub async fn search_objects(
        &self,
        org: Uuid,
        connection: Uuid,
        text: &str,
        limit: u32,
    ) -> Result<Vec<FoundObject>> {
        let mut words: Vec<Word> = text
            .to_lowercase()
            .split_whitespace()
            .take(MOST_WORDS)
            .map(|word| Word {
                text: word.to_owned(),
                similar: Vec::new(),
            })
            .collect();
        let mut tx = self.database().look(Scope::Org(org)).await?;
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let mut found = find(&mut tx, (org, connection), &words, limit).await?;
        if found.is_empty() && !words.is_empty() {
            similar::add(&mut tx, (org, connection), &mut words).await?;
            if words.iter().any(|word| !word.similar.is_empty()) {
                found = find(&mut tx, (org, connection), &words, limit).await?;
            }
        }
        Ok(found)
    }
}

async fn find(tx: &mut Tx, whose: (Uuid, Uuid), words: &[Word], limit: usize) -> Result<Vec<FoundObject>> {
    let mut candidates = objects(tx, whose, words, limit).await?;
    if !words.is_empty() {
        candidates.extend(files(tx, whose, words).await?);
    }
    let mut ranked: Vec<(rank::Score, FoundObject)> = candidates
        .into_iter()
        .filter_map(|candidate| candidate.rank(words))
        .collect();
    ranked.sort_by(|(a, one), (b, other)| {
        let names = (&one.full_name, &one.branch, one.id).cmp(&(&other.full_name, &other.branch, other.id));
        b.cmp(a).then(names)
    });
    // A file whose objects were found says nothing more.
    let told: BTreeSet<String> = ranked
        .iter()
        .filter(|(_, o)| o.object_type != FILE)
        .filter_map(|(_, o)| o.relative_path.clone())
        .collect();
    let ranked = ranked.into_iter().map(|(_, found)| found);
    let ranked = ranked.filter(|o| o.object_type != FILE || !told.contains(&o.full_name));
    Ok(ranked.take(limit).collect())
}

/// The type of a file among what is found.
const FILE: &str = "file";

/// A pattern for LIKE that finds `text` as it is.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

/// Conditions for each form of each word, over columns in lower case; the values stand from `$first` on.
fn conditions(words: &[Word], columns: &[&str], first: usize) -> (String, Vec<String>) {
    let (mut text, mut values) = (String::new(), Vec::new());
    for word in words {
        let forms: Vec<String> = word
            .forms()
            .map(|form| {
                values.push(format!("%{}%", escaped(form)));
                let number = first + values.len() - 1;
                let each: Vec<String> = columns
                    .iter()
                    .map(|column| format!("{column} LIKE ${number} ESCAPE '\\'"))
                    .collect();
                each.join(" OR ")
            })
            .collect();
        text += &format!(" AND ({})", forms.join(" OR "));
    }
    (text, values)
}

async fn objects(
    tx: &mut Tx,
    (org, connection): (Uuid, Uuid),
    words: &[Word],
    limit: usize,
) -> Result<Vec<Candidate>> {
    let columns = [
        "lower(o.full_name)",
        "lower(o.description)",
        "lower(o.owned)",
        "w.words",
    ];
    let (condition, values) = conditions(words, &columns, 5);
    let first = words.first().map_or("", |word| word.text.as_str());
    let statement = format!(
        "SELECT o.id, o.name, o.full_name, o.object_type, o.description, o.line_start, o.branch, o.owned,
         f.relative_path, w.words FROM objects o
         LEFT JOIN files f ON f.org_id = o.org_id AND f.id = o.file_id AND f.deleted_at IS NULL
         LEFT JOIN index_words w ON w.org_id = o.org_id AND w.file_id = o.file_id
         WHERE o.org_id = $1 AND o.connection_id = $2 AND o.deleted_at IS NULL{condition}
         ORDER BY CASE WHEN lower(o.name) LIKE $3 ESCAPE '\\' THEN 0
         WHEN lower(o.full_name) LIKE $4 ESCAPE '\\' THEN 1 ELSE 2 END, o.full_name, o.id LIMIT {}",
        if words.is_empty() {
            i64::try_from(limit).unwrap_or(CANDIDATES)
        } else {
            CANDIDATES
        }
    );
    let mut asked = query(AssertSqlSafe(statement))
        .bind(org)
        .bind(connection)
        .bind(format!("{}%", escaped(first)))
        .bind(format!("%{}%", escaped(first)));
    for value in values {
        asked = asked.bind(value);
    }
    let rows = asked.fetch_all(tx).await?;
    rows.iter().map(object).collect()
}

fn object(row: &Row) -> Result<Candidate> {
    let owned: Compact = json(row, "owned")?;
    Ok(Candidate {
        found: FoundObject {
            id: id(row, "id")?,
            name: row.try_get("name")?,
            full_name: row.try_get("full_name")?,
            object_type: row.try_get("object_type")?,
            description: row.try_get("description")?,
            relative_path: row.try_get("relative_path")?,
            line_start: row.try_get("line_start")?,
            branch: row.try_get("branch")?,
            columns: Vec::new(),
            matched: Vec::new(),
        },
        columns: owned.columns,
        content: row.try_get::<Option<String>, _>("words")?.unwrap_or_default(),
    })
}

/// Files by their paths and their words.
async fn files(tx: &mut Tx, (org, connection): (Uuid, Uuid), words: &[Word]) -> Result<Vec<Candidate>> {
    let (condition, values) = conditions(words, &["lower(f.relative_path)", "w.words"], 3);
    let mut asked = query(AssertSqlSafe(format!(
        "SELECT f.id, f.relative_path, f.branch, w.words FROM files f
         LEFT JOIN index_words w ON w.org_id = f.org_id AND w.file_id = f.id
         WHERE f.org_id = $1 AND f.connection_id = $2 AND f.deleted_at IS NULL{condition}
         ORDER BY f.relative_path, f.id LIMIT {CANDIDATES}"
    )))
    .bind(org)
    .bind(connection);
    for value in values {
        asked = asked.bind(value);
    }
    let rows = asked.fetch_all(tx).await?;
    let file = |row: &Row| -> Result<Option<Candidate>> {
        let Some(file) = optional_id(row, "id")? else {
            return Ok(None);
        };
        let path: String = row.try_get("relative_path")?;
        Ok(Some(Candidate {
            found: FoundObject {
                id: file,
                name: path.rsplit('/').next().unwrap_or(&path).to_owned(),
                full_name: path.clone(),
                object_type: FILE.to_owned(),
                description: None,
                relative_path: Some(path),
                line_start: None,
                branch: row.try_get("branch")?,
                columns: Vec::new(),
                matched: Vec::new(),
            },
            columns: Vec::new(),
            content: row.try_get::<Option<String>, _>("words")?.unwrap_or_default(),
        }))
    };
    rows.iter().filter_map(|row| file(row).transpose()).collect()
}
