//! What the index remembers of each file beside its facts: the names that it gives and needs, and the
//! columns that its readers see. So a change costs what it touches, also after a restart.

use std::collections::{BTreeSet, HashMap};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::{
    Store,
    database::{AssertSqlSafe, Column, Conflict, Insert, Scope, Tx, query, transact},
    error::Result,
    rows::{id, json, json_text},
};

/// Names of one statement.
const NAMES_PER_STATEMENT: usize = 1_000;

/// Longest name that is told from others, in bytes; keys of tables must not grow without end.
const LONGEST_NAME: usize = 200;

/// What a file has to do with names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileFootprint {
    /// Names of what it defines or fills.
    pub provides: BTreeSet<String>,
    /// Names that its facts depend on.
    pub needs: BTreeSet<String>,
    /// What its readers see, as the caller likes to write it.
    pub exports: Value,
}

/// Footprints of files of one branch; `None`: the file has none any more.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Footprints {
    /// As in the key of the index's state; empty for the connection's own.
    pub branch: String,
    /// By file.
    pub files: Vec<(Uuid, Option<FileFootprint>)>,
}

/// Which side of a name a file is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameSide {
    /// It gives the name its meaning.
    Provides,
    /// It depends on what the name means.
    Needs,
}

impl NameSide {
    fn number(self) -> i64 {
        i64::from(self == NameSide::Provides)
    }
}

impl Store {
    /// What is remembered of these files.
    pub async fn footprints(&self, org: Uuid, files: &[Uuid]) -> Result<HashMap<Uuid, FileFootprint>> {
        let mut tx = self.database().look(Scope::Org(org)).await?;
        stored(&mut tx, org, files).await
    }

    /// The files of a branch that are on one side of any of these names, each once, by id.
    pub async fn files_by_name(
        &self,
        org: Uuid,
        connection: Uuid,
        branch: &str,
        side: NameSide,
        names: &BTreeSet<String>,
    ) -> Result<Vec<Uuid>> {
        let names: Vec<&str> = names.iter().map(|name| shortened(name)).collect();
        let mut tx = self.database().look(Scope::Org(org)).await?;
        let mut files = BTreeSet::new();
        for chunk in names.chunks(NAMES_PER_STATEMENT) {
            let rows = query(AssertSqlSafe(format!(
                "SELECT DISTINCT file_id FROM index_names WHERE org_id = $1 AND connection_id = $2 AND branch = $3
                 AND gives = $4 AND {}",
                tx.is_in("name", 5)
            )))
            .bind(org)
            .bind(connection)
            .bind(branch)
            .bind(side.number())
            .bind(chunk)
            .fetch_all(&mut tx)
            .await?;
            for row in rows {
                files.insert(id(&row, "file_id")?);
            }
        }
        Ok(files.into_iter().collect())
    }

    /// Forgets all footprints of a branch.
    pub async fn forget_footprints(&self, org: Uuid, connection: Uuid, branch: &str) -> Result<()> {
        transact!(self.database(), Scope::Org(org), |tx| {
            for table in ["index_files", "index_names"] {
                query(AssertSqlSafe(format!(
                    "DELETE FROM {table} WHERE org_id = $1 AND connection_id = $2 AND branch = $3"
                )))
                .bind(org)
                .bind(connection)
                .bind(branch)
                .execute(tx)
                .await?;
            }
            Ok(())
        })
    }
}

async fn stored(tx: &mut Tx, org: Uuid, files: &[Uuid]) -> Result<HashMap<Uuid, FileFootprint>> {
    let mut found = HashMap::new();
    for chunk in files.chunks(NAMES_PER_STATEMENT) {
        let rows = query(AssertSqlSafe(format!(
            "SELECT file_id, provides, needs, exports FROM index_files WHERE org_id = $1 AND {}",
            tx.is_in("file_id", 2)
        )))
        .bind(org)
        .bind(chunk)
        .fetch_all(tx)
        .await?;
        for row in rows {
            let footprint = FileFootprint {
                provides: json(&row, "provides")?,
                needs: json(&row, "needs")?,
                exports: json(&row, "exports")?,
            };
            found.insert(id(&row, "file_id")?, footprint);
        }
    }
    Ok(found)
}

/// Stores footprints; those that are as they were cost one look.
pub(super) async fn put(tx: &mut Tx, org: Uuid, connection: Uuid, footprints: &Footprints) -> Result<()> {
    let ids: Vec<Uuid> = footprints.files.iter().map(|(file, _)| *file).collect();
    let before = stored(tx, org, &ids).await?;
    let mut changed: Vec<(Uuid, &FileFootprint)> = Vec::new();
    let mut gone: Vec<Uuid> = Vec::new();
    let mut added: Vec<(Uuid, &str, NameSide)> = Vec::new();
    for (file, now) in &footprints.files {
        let old = before.get(file);
        if old == now.as_ref() {
            continue;
        }
        match now {
            Some(now) => changed.push((*file, now)),
            None => gone.push(*file),
        }
        for side in [NameSide::Provides, NameSide::Needs] {
            let had = names_of(old, side);
            let has = names_of(now.as_ref(), side);
            let lost: Vec<&str> = had.difference(&has).copied().collect();
            remove_names(tx, (org, connection, &footprints.branch, *file), side, &lost).await?;
            added.extend(has.difference(&had).map(|name| (*file, *name, side)));
        }
    }
    for chunk in gone.chunks(NAMES_PER_STATEMENT) {
        query(AssertSqlSafe(format!(
            "DELETE FROM index_files WHERE org_id = $1 AND {}",
            tx.is_in("file_id", 2)
        )))
        .bind(org)
        .bind(chunk)
        .execute(tx)
        .await?;
    }
    let shared = || {
        vec![
            ("org_id", org.into()),
            ("connection_id", connection.into()),
            ("branch", footprints.branch.as_str().into()),
        ]
    };
    put_files(tx, shared(), &changed).await?;
    for chunk in added.chunks(NAMES_PER_STATEMENT) {
        let columns = vec![
            (
                "name",
                "text",
                Column::Texts(
                    chunk
                        .iter()
                        .map(|(_, name, _)| Some((*name).to_owned()))
                        .collect(),
                ),
            ),
            (
                "file_id",
                "uuid",
                Column::Ids(chunk.iter().map(|(file, ..)| Some(*file)).collect()),
            ),
            (
                "gives",
                "bigint",
                Column::Ints(chunk.iter().map(|(.., side)| Some(side.number())).collect()),
            ),
        ];
        let insert = Insert {
            table: "index_names",
            shared: shared(),
            columns,
            key: &["org_id", "connection_id", "branch", "name", "file_id", "gives"],
            or: Conflict::Keep,
        };
        insert.run(tx, chunk.len()).await?;
    }
    Ok(())
}

async fn put_files(
    tx: &mut Tx,
    shared: Vec<(&'static str, crate::database::Value)>,
    files: &[(Uuid, &FileFootprint)],
) -> Result<()> {
    if files.is_empty() {
        return Ok(());
    }
    let text = |of: fn(&FileFootprint) -> String| {
        Column::Texts(files.iter().map(|(_, footprint)| Some(of(footprint))).collect())
    };
    let columns = vec![
        (
            "file_id",
            "uuid",
            Column::Ids(files.iter().map(|(file, _)| Some(*file)).collect()),
        ),
        ("provides", "text", text(|f| json_text(&f.provides))),
        ("needs", "text", text(|f| json_text(&f.needs))),
        ("exports", "text", text(|f| json_text(&f.exports))),
    ];
    let insert = Insert {
        table: "index_files",
        shared,
        columns,
        key: &["org_id", "file_id"],
        or: Conflict::Replace,
    };
    insert.run(tx, files.len()).await?;
    Ok(())
}

async fn remove_names(
    tx: &mut Tx,
    (org, connection, branch, file): (Uuid, Uuid, &str, Uuid),
    side: NameSide,
    names: &[&str],
) -> Result<()> {
    for chunk in names.chunks(NAMES_PER_STATEMENT) {
        query(AssertSqlSafe(format!(
            "DELETE FROM index_names WHERE org_id = $1 AND connection_id = $2 AND branch = $3 AND file_id = $4
             AND gives = $5 AND {}",
            tx.is_in("name", 6)
        )))
        .bind(org)
        .bind(connection)
        .bind(branch)
        .bind(file)
        .bind(side.number())
        .bind(chunk)
        .execute(tx)
        .await?;
    }
    Ok(())
}

fn names_of(footprint: Option<&FileFootprint>, side: NameSide) -> BTreeSet<&str> {
    let names = footprint.map(|footprint| match side {
        NameSide::Provides => &footprint.provides,
        NameSide::Needs => &footprint.needs,
    });
    names.into_iter().flatten().map(|name| shortened(name)).collect()
}

fn shortened(name: &str) -> &str {
    if name.len() <= LONGEST_NAME {
        return name;
    }
    let end = (0..=LONGEST_NAME)
        .rev()
        .find(|end| name.is_char_boundary(*end))
        .unwrap_or(0);
    &name[..end]
}
