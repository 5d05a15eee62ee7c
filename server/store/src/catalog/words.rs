//! The words of files, as search looks for them.

use std::collections::BTreeSet;

use uuid::Uuid;

use crate::{
    database::{Column, Conflict, Insert, Tx, query},
    error::Result,
};

/// Most bytes of a file's words: of longer files the first words count.
const MOST_BYTES: usize = 16 * 1024;

/// Words shorter or longer than this say nothing.
const LENGTHS: std::ops::RangeInclusive<usize> = 2..=64;

/// Files of one statement.
const FILES_PER_STATEMENT: usize = 500;

/// Words of files of one branch.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FileWords {
    /// As in the key of the index's state.
    pub branch: String,
    /// By file; of files that are gone the words go with them.
    pub files: Vec<(Uuid, String)>,
}

/// The words of a text: letters, digits and `_`; lower case, each once, sorted, between spaces.
pub fn words_of(text: &str) -> String {
    let mut found = BTreeSet::new();
    let mut bytes = 0;
    for word in text.split(|c: char| !(c.is_alphanumeric() || c == '_')) {
        if !LENGTHS.contains(&word.len()) || word.bytes().all(|b| b.is_ascii_digit() || b == b'_') {
            continue;
        }
        let word = word.to_lowercase();
        let length = word.len() + 1;
        if bytes + length > MOST_BYTES {
            break;
        }
        if found.insert(word) {
            bytes += length;
        }
    }
    let mut all = String::with_capacity(bytes + 1);
    for word in found {
        all.push(' ');
        all.push_str(&word);
    }
    all.push(' ');
    all
}

/// Stores the words of files.
pub(super) async fn put(tx: &mut Tx, org: Uuid, connection: Uuid, words: &FileWords) -> Result<()> {
    for chunk in words.files.chunks(FILES_PER_STATEMENT) {
        let insert = Insert {
            table: "index_words",
            shared: vec![
                ("org_id", org.into()),
                ("connection_id", connection.into()),
                ("branch", words.branch.as_str().into()),
            ],
            columns: vec![
                (
                    "file_id",
                    "uuid",
                    Column::Ids(chunk.iter().map(|(file, _)| Some(*file)).collect()),
                ),
                (
                    "words",
                    "text",
                    Column::Texts(chunk.iter().map(|(_, words)| Some(words.clone())).collect()),
                ),
            ],
            key: &["org_id", "file_id"],
            or: Conflict::Replace,
        };
        insert.run(tx, chunk.len()).await?;
    }
    Ok(())
}

/// Removes the words of files.
pub(super) async fn remove(tx: &mut Tx, org: Uuid, files: &[Uuid]) -> Result<()> {
    for chunk in files.chunks(FILES_PER_STATEMENT) {
        query(crate::database::AssertSqlSafe(format!(
            "DELETE FROM index_words WHERE org_id = $1 AND {}",
            tx.is_in("file_id", 2)
        )))
        .bind(org)
        .bind(chunk)
        .execute(tx)
        .await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn words_stand_once_between_spaces() {
        assert_eq!(
            super::words_of("SELECT Order_ID, x, 42 FROM raw.Orders -- order_id, Größe"),
            " from größe order_id orders raw select "
        );
        assert_eq!(super::words_of("1 2 3"), " ");
        let long: String = (0..100_000).map(|n| format!("word{n} ")).collect();
        assert!(super::words_of(&long).len() <= super::MOST_BYTES + 2);
    }
}
