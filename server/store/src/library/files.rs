//! The library as its users see and change it.

use std::collections::HashMap;

use metasync_protocol::library::{LibraryFile, LibraryList};
use uuid::Uuid;

use super::{CONFLICT, DELETED, LibraryRow, MODIFIED, NEW};
use crate::{
    Store,
    database::{AssertSqlSafe, Row, Scope, Time, Tx, query, transact},
    error::Result,
    rows::{count, id, json, json_text, number, optional_json},
};

/// What `PATCH` changes; what is `None` stays.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LibraryChange {
    /// File name.
    pub name: Option<String>,
    /// `Some(None)` takes it away.
    pub label: Option<Option<String>>,
    /// All of them.
    pub collections: Option<Vec<String>>,
    /// All of them.
    pub objects: Option<Vec<String>>,
    /// Another content: SHA-256, bytes, media type.
    pub content: Option<(String, u64, String)>,
}

/// Which files are listed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LibraryFilter {
    /// What stands in name, label, collections or objects, in any case.
    pub text: Option<String>,
    /// A collection that it is in.
    pub collection: Option<String>,
    /// Files of a page.
    pub limit: u64,
    /// Files to leave out first.
    pub offset: u64,
}

const COLUMNS: &str = "id, sha256, size, name, media_type, label, collections, objects, deleted, version, \
    status, revision, base, created_at, updated_at";

/// Condition for the rows that changed here since they were last common with the share; the index
/// `library_unsynced` has the same.
const UNSYNCED: &str = "status IN ('new', 'modified', 'deleted')";

fn row_of(row: &Row) -> Result<LibraryRow> {
    Ok(LibraryRow {
        file: LibraryFile {
            id: id(row, "id")?,
            name: row.try_get("name")?,
            sha256: row.try_get("sha256")?,
            size: number(row, "size")?,
            media_type: row.try_get("media_type")?,
            label: row.try_get("label")?,
            collections: json(row, "collections")?,
            objects: json(row, "objects")?,
            version: number(row, "version")?,
            deleted: row.try_get("deleted")?,
            created_at: row.try_get("created_at")?,
            updated_at: row.try_get("updated_at")?,
        },
        status: row.try_get("status")?,
        revision: row.try_get("revision")?,
        base: optional_json(row, "base")?,
    })
}

/// A row, deleted or not.
pub(super) async fn find(tx: &mut Tx, org: Uuid, file: Uuid) -> Result<Option<LibraryRow>> {
    one(tx, org, file, "").await
}

/// A row to be written, deleted or not.
pub(super) async fn locked(tx: &mut Tx, org: Uuid, file: Uuid) -> Result<Option<LibraryRow>> {
    let lock = tx.for_update();
    one(tx, org, file, lock).await
}

async fn one(tx: &mut Tx, org: Uuid, file: Uuid, lock: &'static str) -> Result<Option<LibraryRow>> {
    let row = query(AssertSqlSafe(format!(
        "SELECT {COLUMNS} FROM library_files WHERE org_id = $1 AND id = $2 {lock}"
    )))
    .bind(org)
    .bind(file)
    .fetch_optional(tx)
    .await?;
    row.as_ref().map(row_of).transpose()
}

/// Writes a row over the one of its id.
pub(super) async fn replace(tx: &mut Tx, org: Uuid, row: &LibraryRow) -> Result<()> {
    let file = &row.file;
    query(
        "UPDATE library_files SET sha256 = $3, size = $4, name = $5, media_type = $6, label = $7, collections = $8,
         objects = $9, deleted = $10, version = $11, status = $12, revision = $13, base = $14, updated_at = $15
         WHERE org_id = $1 AND id = $2",
    )
    .bind(org)
    .bind(file.id)
    .bind(&file.sha256)
    .bind(count(file.size))
    .bind(&file.name)
    .bind(&file.media_type)
    .bind(&file.label)
    .bind(json_text(&file.collections))
    .bind(json_text(&file.objects))
    .bind(file.deleted)
    .bind(count(file.version))
    .bind(&row.status)
    .bind(row.revision)
    .bind(&row.base.as_ref().map(json_text))
    .bind(&file.updated_at)
    .execute(tx)
    .await?;
    Ok(())
}

/// Adds a row; `false`: its id is taken.
pub(super) async fn insert(tx: &mut Tx, org: Uuid, row: &LibraryRow) -> Result<bool> {
    let file = &row.file;
    let done = query(
        "INSERT INTO library_files (org_id, id, sha256, size, name, media_type, label, collections, objects, deleted,
         version, status, revision, base, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
         ON CONFLICT (org_id, id) DO NOTHING",
    )
    .bind(org)
    .bind(file.id)
    .bind(&file.sha256)
    .bind(count(file.size))
    .bind(&file.name)
    .bind(&file.media_type)
    .bind(&file.label)
    .bind(json_text(&file.collections))
    .bind(json_text(&file.objects))
    .bind(file.deleted)
    .bind(count(file.version))
    .bind(&row.status)
    .bind(row.revision)
    .bind(&row.base.as_ref().map(json_text))
    .bind(&file.created_at)
    .bind(&file.updated_at)
    .execute(tx)
    .await?;
    Ok(done > 0)
}

/// The status of a row after a change made here.
fn changed(row: &LibraryRow) -> &'static str {
    match row.status.as_str() {
        CONFLICT => CONFLICT,
        _ if row.file.deleted => DELETED,
        _ if row.base.is_none() => NEW,
        _ => MODIFIED,
    }
}

impl Store {
    /// Adds a file that is new here; its content is stored.
    pub async fn library_add(&self, org: Uuid, file: &LibraryFile) -> Result<LibraryFile> {
        let now = Time::now().text();
        let row = LibraryRow {
            file: LibraryFile {
                created_at: now.clone(),
                updated_at: now,
                version: 0,
                deleted: false,
                ..file.clone()
            },
            status: NEW.into(),
            revision: 1,
            base: None,
        };
        transact!(self.database(), Scope::Org(org), |tx| {
            insert(tx, org, &row).await
        })?;
        Ok(row.file)
    }

    /// A file that is not deleted.
    pub async fn library_file(&self, org: Uuid, file: Uuid) -> Result<Option<LibraryFile>> {
        let row = self.library_row(org, file).await?;
        Ok(row.map(|row| row.file).filter(|file| !file.deleted))
    }

    /// A row, deleted or not.
    pub async fn library_row(&self, org: Uuid, file: Uuid) -> Result<Option<LibraryRow>> {
        let mut tx = self.database().look(Scope::Org(org)).await?;
        find(&mut tx, org, file).await
    }

    /// Changes a file; `None`: there is none, or it is deleted. The same again changes nothing.
    pub async fn library_change(
        &self,
        org: Uuid,
        file: Uuid,
        change: &LibraryChange,
    ) -> Result<Option<LibraryFile>> {
        transact!(self.database(), Scope::Org(org), |tx| {
            let Some(mut row) = locked(tx, org, file).await?.filter(|row| !row.file.deleted) else {
                return Ok(None);
            };
            let before = row.file.clone();
            let now = &mut row.file;
            let change = change.clone();
            now.name = change.name.unwrap_or(std::mem::take(&mut now.name));
            now.label = change.label.unwrap_or(now.label.take());
            now.collections = change.collections.unwrap_or(std::mem::take(&mut now.collections));
            now.objects = change.objects.unwrap_or(std::mem::take(&mut now.objects));
            if let Some((sha256, size, media_type)) = change.content {
                (now.sha256, now.size, now.media_type) = (sha256, size, media_type);
            }
            if row.file != before {
                row.file.updated_at = Time::now().text();
                row.revision += 1;
                row.status = changed(&row).into();
                replace(tx, org, &row).await?;
            }
            Ok(Some(row.file))
        })
    }

    /// Marks a file as deleted; `false`: there is none, or it was.
    pub async fn library_delete(&self, org: Uuid, file: Uuid) -> Result<bool> {
        transact!(self.database(), Scope::Org(org), |tx| {
            let Some(mut row) = locked(tx, org, file).await?.filter(|row| !row.file.deleted) else {
                return Ok(false);
            };
            row.file.deleted = true;
            row.file.updated_at = Time::now().text();
            row.revision += 1;
            row.status = changed(&row).into();
            replace(tx, org, &row).await?;
            Ok(true)
        })
    }

    /// A page of the files that are not deleted, by name, and how many fit.
    pub async fn library_list(&self, org: Uuid, filter: &LibraryFilter) -> Result<LibraryList> {
        let mut tx = self.database().read(Scope::Org(org)).await?;
        let all = format!(
            "SELECT {COLUMNS} FROM library_files WHERE org_id = $1 AND NOT deleted ORDER BY name, id"
        );
        if filter.text.is_none() && filter.collection.is_none() {
            let row = query("SELECT count(*) AS total FROM library_files WHERE org_id = $1 AND NOT deleted")
                .bind(org)
                .fetch_one(&mut tx)
                .await?;
            let rows = query(AssertSqlSafe(format!("{all} LIMIT $2 OFFSET $3")))
                .bind(org)
                .bind(count(filter.limit))
                .bind(count(filter.offset))
                .fetch_all(&mut tx)
                .await?;
            let files = rows
                .iter()
                .map(|row| Ok(row_of(row)?.file))
                .collect::<Result<_>>()?;
            return Ok(LibraryList {
                files,
                total: number(&row, "total")?,
            });
        }
        let text = filter.text.as_deref().map(str::to_lowercase);
        let mut list = LibraryList::default();
        for row in query(AssertSqlSafe(all)).bind(org).fetch_all(&mut tx).await? {
            let file = row_of(&row)?.file;
            if !fits(&file, text.as_deref(), filter.collection.as_deref()) {
                continue;
            }
            list.total += 1;
            if list.total > filter.offset && (list.files.len() as u64) < filter.limit {
                list.files.push(file);
            }
        }
        Ok(list)
    }

    /// All rows, deleted ones too.
    pub async fn library_rows(&self, org: Uuid) -> Result<Vec<LibraryRow>> {
        self.library_rows_where(org, "TRUE").await
    }

    /// The rows that changed here since they were last common with the share.
    pub async fn library_unsynced_rows(&self, org: Uuid) -> Result<Vec<LibraryRow>> {
        self.library_rows_where(org, UNSYNCED).await
    }

    /// The files that belong to objects, by id.
    pub async fn library_linked(&self, org: Uuid) -> Result<Vec<LibraryFile>> {
        let rows = self
            .library_rows_where(org, "NOT deleted AND objects <> '[]' ORDER BY id")
            .await?;
        Ok(rows.into_iter().map(|row| row.file).collect())
    }

    async fn library_rows_where(&self, org: Uuid, condition: &'static str) -> Result<Vec<LibraryRow>> {
        let mut tx = self.database().look(Scope::Org(org)).await?;
        query(AssertSqlSafe(format!(
            "SELECT {COLUMNS} FROM library_files WHERE org_id = $1 AND {condition}"
        )))
        .bind(org)
        .fetch_all(&mut tx)
        .await?
        .iter()
        .map(row_of)
        .collect()
    }

    /// The full names of live objects, by what of them is in a list: their id, or their short name.
    pub async fn library_names(&self, org: Uuid, texts: &[&str]) -> Result<HashMap<String, Vec<String>>> {
        let ids: Vec<Uuid> = texts
            .iter()
            .filter_map(|text| Uuid::try_parse(text).ok())
            .collect();
        let mut tx = self.database().look(Scope::Org(org)).await?;
        let sql = format!(
            "SELECT id, name, full_name FROM objects WHERE org_id = $1 AND deleted_at IS NULL
             AND branch IS NULL AND object_type <> 'library_file' AND ({} OR {}) ORDER BY full_name",
            tx.is_in("id", 2),
            tx.is_in("name", 3)
        );
        let rows = query(AssertSqlSafe(sql))
            .bind(org)
            .bind(ids)
            .bind(texts)
            .fetch_all(&mut tx)
            .await?;
        let mut names: HashMap<String, Vec<String>> = HashMap::new();
        for row in &rows {
            let full_name: String = row.try_get("full_name")?;
            for known in [id(row, "id")?.to_string(), row.try_get("name")?] {
                names.entry(known).or_default().push(full_name.clone());
            }
        }
        Ok(names)
    }

    /// How many rows changed here since they were last common with the share.
    pub async fn library_unsynced(&self, org: Uuid) -> Result<u64> {
        let mut tx = self.database().look(Scope::Org(org)).await?;
        let row = query(AssertSqlSafe(format!(
            "SELECT count(*) AS total FROM library_files WHERE org_id = $1 AND {UNSYNCED}"
        )))
        .bind(org)
        .fetch_one(&mut tx)
        .await?;
        number(&row, "total")
    }
}

fn fits(file: &LibraryFile, text: Option<&str>, collection: Option<&str>) -> bool {
    let listed = |wanted: &str| file.collections.iter().any(|c| c == wanted);
    let says = |wanted: &str| {
        let texts = std::iter::once(&file.name)
            .chain(&file.label)
            .chain(&file.collections)
            .chain(&file.objects);
        texts.into_iter().any(|text| text.to_lowercase().contains(wanted))
    };
    collection.is_none_or(listed) && text.is_none_or(says)
}
