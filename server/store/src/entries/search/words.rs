//! The words of entries, as the index holds them and as a search is cut into them.

use std::collections::BTreeSet;

use serde_json::json;
use uuid::Uuid;

use super::super::{Entry, EntryFields, EntryTable};
use crate::{
    Store,
    database::{AssertSqlSafe, Column, Conflict, Insert, Scope, Tx, query, transact},
    epoch,
    error::Result,
    rows::id,
};

/// Longest word, in bytes; of longer ones the beginning counts.
const LONGEST: usize = 48;

/// Most different words of an entry.
const MOST_WORDS: usize = 200;

/// Stands before each word of a whole title in one: no letter, digit or sign that a word is cut at.
pub(super) const WHOLE: char = '·';

/// Entries whose words are added at once when the hub starts.
const ROWS_AT_ONCE: i64 = 2_000;

/// Value in `meta` when the words of all older entries are there.
const DONE: &str = "done";

/// The words of a text in their order: letters and digits, lower case.
pub(super) fn cut(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(|word| {
            let mut word = word.to_lowercase();
            // lower case of a letter may hold a mark that is none
            word.retain(char::is_alphanumeric);
            shorten(&mut word);
            word
        })
        .filter(|word| !word.is_empty())
}

/// A whole title as one word: who asks for it finds it first.
pub(super) fn whole(title: &str) -> Option<String> {
    let mut all = String::new();
    for word in cut(title) {
        all.push(WHOLE);
        all.push_str(&word);
    }
    shorten(&mut all);
    (!all.is_empty()).then_some(all)
}

fn shorten(word: &mut String) {
    if word.len() > LONGEST {
        let end = (0..=LONGEST).rev().find(|at| word.is_char_boundary(*at));
        word.truncate(end.unwrap_or(0));
    }
}

/// The texts of an entry that are looked at, the title first.
fn texts(fields: &EntryFields) -> Vec<&str> {
    match fields {
        EntryFields::Content(c) => std::iter::once(c.title.as_str())
            .chain(
                [&c.artist, &c.genre, &c.external_id]
                    .into_iter()
                    .filter_map(Option::as_deref),
            )
            .collect(),
        EntryFields::Catalog(c) => [c.capacity.as_str(), c.category_id.as_str()]
            .into_iter()
            .chain(c.content_unit.as_deref())
            .collect(),
    }
}

/// All words of these texts, of which the first is the title.
fn words(texts: &[&str]) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for word in texts.iter().flat_map(|text| cut(text)).take(MOST_WORDS) {
        // the vocabulary knows letters alone: of `SKU7` it knows how it begins
        let letters = word.find(|c: char| !c.is_alphabetic()).unwrap_or(0);
        if letters > 0 {
            all.insert(word[..letters].to_owned());
        }
        all.insert(word);
    }
    all.extend(texts.first().and_then(|title| whole(title)));
    all
}

/// What stands before each word of an organization in SQLite's index.
pub(super) fn mark(org: Uuid) -> String {
    let mut digits = org.simple().to_string();
    digits.truncate(8);
    digits
}

/// Notes the words of entries that were just stored.
pub(in super::super) async fn put(
    tx: &mut Tx,
    org: Uuid,
    table: EntryTable,
    entries: &[&Entry],
) -> Result<()> {
    let rows: Vec<(Uuid, BTreeSet<String>)> = entries
        .iter()
        .map(|entry| (entry.id(), words(&texts(&entry.fields))))
        .collect();
    write(tx, org, table, &rows).await
}

async fn write(tx: &mut Tx, org: Uuid, table: EntryTable, rows: &[(Uuid, BTreeSet<String>)]) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let name = table.as_str();
    if tx.is_postgres() {
        let ids: Vec<Uuid> = rows.iter().map(|(id, _)| *id).collect();
        forget(tx, org, table, &ids).await?;
        let pairs = || {
            rows.iter()
                .flat_map(|(id, words)| words.iter().map(move |word| (*id, word)))
        };
        let insert = Insert {
            table: table.words(),
            shared: vec![("org_id", org.into())],
            columns: vec![
                (
                    "entry_id",
                    "uuid",
                    Column::Ids(pairs().map(|(id, _)| Some(id)).collect()),
                ),
                (
                    "word",
                    "text",
                    Column::Texts(pairs().map(|(_, w)| Some(w.clone())).collect()),
                ),
            ],
            key: &["org_id", "entry_id", "word"],
            or: Conflict::Keep,
        };
        insert.run(tx, pairs().count()).await?;
    } else {
        let mark = mark(org);
        let marked = |words: &BTreeSet<String>| -> String {
            let marked: Vec<String> = words.iter().map(|word| format!("{mark}{word}")).collect();
            marked.join(" ")
        };
        let pairs: Vec<_> = rows
            .iter()
            .map(|(id, words)| json!([id, marked(words)]))
            .collect();
        query(AssertSqlSafe(format!(
            "INSERT OR REPLACE INTO {} (rowid, words)
             SELECT e.number, r.value ->> 1 FROM json_each($2) r
             CROSS JOIN {name} e ON e.org_id = $1 AND e.id = r.value ->> 0 ORDER BY e.number",
            table.words()
        )))
        .bind(org)
        .bind(serde_json::Value::from(pairs).to_string())
        .execute(tx)
        .await?;
    }
    learn(tx, org, rows).await
}

/// Adds to the vocabulary.
async fn learn(tx: &mut Tx, org: Uuid, rows: &[(Uuid, BTreeSet<String>)]) -> Result<()> {
    let is_word = |word: &&String| word.chars().all(char::is_alphabetic);
    let new: BTreeSet<&String> = rows.iter().flat_map(|(_, words)| words).filter(is_word).collect();
    if new.is_empty() {
        return Ok(());
    }
    let count = new.len();
    let insert = Insert {
        table: "entry_vocabulary",
        shared: vec![("org_id", org.into())],
        columns: vec![(
            "word",
            "text",
            Column::Texts(new.into_iter().map(|word| Some(word.clone())).collect()),
        )],
        key: &["org_id", "word"],
        or: Conflict::Keep,
    };
    Ok(insert.run(tx, count).await?)
}

/// Forgets the words of entries that are to be removed.
pub(in super::super) async fn forget(tx: &mut Tx, org: Uuid, table: EntryTable, ids: &[Uuid]) -> Result<()> {
    let (name, index) = (table.as_str(), table.words());
    let statement = if tx.is_postgres() {
        format!(
            "DELETE FROM {index} WHERE org_id = $1 AND {}",
            tx.is_in("entry_id", 2)
        )
    } else {
        format!(
            "DELETE FROM {index} WHERE rowid IN (SELECT number FROM {name} WHERE org_id = $1 AND {})",
            tx.is_in("id", 2)
        )
    };
    query(AssertSqlSafe(statement))
        .bind(org)
        .bind(ids)
        .execute(tx)
        .await?;
    Ok(())
}

/// Forgets the words of all entries of a connection that is to be removed.
pub(crate) async fn forget_connection(tx: &mut Tx, org: Uuid, connection: Uuid) -> Result<()> {
    for table in EntryTable::ALL {
        let (name, index) = (table.as_str(), table.words());
        let (key, entry) = if tx.is_postgres() {
            ("entry_id", "id")
        } else {
            ("rowid", "number")
        };
        query(AssertSqlSafe(format!(
            "DELETE FROM {index} WHERE {key} IN (
                 SELECT {entry} FROM {name} WHERE org_id = $1 AND connection_id = $2)"
        )))
        .bind(org)
        .bind(connection)
        .execute(tx)
        .await?;
    }
    Ok(())
}

impl Store {
    /// Adds the words of some entries of an organization that were stored before there was an index of words;
    /// `false`: all of them are there. Call it until then.
    pub async fn entries_index_words(&self, org: Uuid) -> Result<bool> {
        for table in EntryTable::ALL {
            let key = format!("{}_words:{org}", table.as_str());
            let is_more = transact!(self.database(), Scope::Org(org), |tx| {
                let done = epoch::meta(tx, &key).await?.unwrap_or_default();
                if done == DONE {
                    return Ok(false);
                }
                let fields = match table {
                    EntryTable::Content => "title, artist, genre, external_id",
                    EntryTable::Catalog => "capacity, category_id, content_unit, NULL AS fourth",
                };
                let rows = query(AssertSqlSafe(format!(
                    "SELECT CAST(id AS TEXT) AS place, id, {fields} FROM {} WHERE org_id = $1 AND CAST(id AS TEXT) > $2
                     ORDER BY CAST(id AS TEXT) LIMIT {ROWS_AT_ONCE}",
                    table.as_str()
                )))
                .bind(org)
                .bind(done.as_str())
                .fetch_all(tx)
                .await?;
                let mut all = Vec::with_capacity(rows.len());
                let mut last = DONE.to_owned();
                for row in &rows {
                    let mut texts = Vec::new();
                    for at in 2..6_usize {
                        texts.push(row.try_get::<Option<String>, _>(at)?.unwrap_or_default());
                    }
                    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
                    all.push((id(row, "id")?, words(&texts)));
                    last = row.try_get("place")?;
                }
                write(tx, org, table, &all).await?;
                epoch::set_meta(tx, &key, &last).await?;
                Ok(!rows.is_empty())
            })?;
            if is_more {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_at_what_is_no_letter_and_no_digit() {
        let cut = |text: &str| cut(text).collect::<Vec<_>>();
        assert_eq!(
            cut("AC/DC — Rock_n_Roll, 100% İ"),
            ["ac", "dc", "rock", "n", "roll", "100", "i"]
        );
        assert_eq!(cut("\"' % * (·)"), [""; 0]);
        assert_eq!(whole("Shape of You").as_deref(), Some("·shape·of·you"));
        assert_eq!(whole("%%"), None);
        let long = "ñ".repeat(100);
        assert!(cut(&long)[0].len() <= LONGEST);
    }
}
