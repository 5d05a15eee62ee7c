//! Documentation of objects: one row per object, in a stream of its own.

use metasync_protocol::{Channel, DocumentationRow, RowHash, ids};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::{
    Store,
    database::{AssertSqlSafe, Row, Scope, Time, Tx, query, transact, without_nul},
    error::Result,
    estimate,
    rows::{count, hash, id, json, json_text},
    streams,
};

/// Body of `PUT …/documentation/{object_id}`: replaces what is there.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DocumentationBody {
    /// One paragraph.
    pub executive_summary: Option<String>,
    /// The longer story.
    pub business_narrative: Option<String>,
    /// Free JSON.
    pub transformation_cards: Value,
    /// Free JSON.
    pub code_explanations: Value,
    /// Free JSON.
    pub business_rules: Value,
    /// What breaks when it changes.
    pub impact_analysis: Option<String>,
    /// When it was written; now, if left out.
    pub generated_at: Option<String>,
    /// Who or what wrote it.
    pub model: Option<String>,
}

/// A row of `GET …/documentation`: with the object it is about, nested as in the seed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DocumentationWithObject {
    /// The row.
    #[serde(flatten)]
    pub documentation: DocumentationRow,
    /// Its object.
    pub objects: DocumentationObject,
}

/// What the seed shows of the object.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DocumentationObject {
    /// Short name.
    pub name: String,
    /// Full name.
    pub full_name: String,
    /// `model`, `table`, …
    pub object_type: String,
    /// The file that defines it; `null` where none does.
    pub files: Option<DocumentationFile>,
}

/// What the seed shows of the file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DocumentationFile {
    /// Path from the root of the repository.
    pub relative_path: String,
}

/// Columns of a row, with the table named `d`.
pub(crate) const COLUMNS: &str = "d.id, d.connection_id, d.object_id, d.seq, d.deleted_at, d.row_hash, d.executive_summary, \
    d.business_narrative, d.transformation_cards, d.code_explanations, d.business_rules, d.impact_analysis, \
    d.generated_at, d.model";

impl Store {
    /// Live documentation of an organization, by connections or objects where they are named.
    pub async fn documentation(
        &self,
        org: Uuid,
        connections: Option<&[Uuid]>,
        objects: Option<&[Uuid]>,
    ) -> Result<Vec<DocumentationWithObject>> {
        let mut tx = self.database().look(Scope::Org(org)).await?;
        let mut statement = format!(
            "SELECT {COLUMNS}, o.name, o.full_name, o.object_type, f.relative_path
             FROM documentation d
             JOIN objects o ON o.org_id = d.org_id AND o.id = d.object_id AND o.deleted_at IS NULL
             LEFT JOIN files f ON f.org_id = o.org_id AND f.id = o.file_id AND f.deleted_at IS NULL
             WHERE d.deleted_at IS NULL AND d.org_id = $1"
        );
        let mut lists = Vec::new();
        for (column, chosen) in [("d.connection_id", connections), ("d.object_id", objects)] {
            let Some(chosen) = chosen else { continue };
            // one parameter, whatever the number of ids: statements have a limit on parameters
            lists.push(chosen);
            statement += &format!(" AND {}", tx.is_in(column, lists.len() + 1));
        }
        statement += " ORDER BY o.full_name, d.id";
        let bound = query(AssertSqlSafe(statement)).bind(org);
        lists
            .into_iter()
            .fold(bound, |query, ids| query.bind(ids))
            .fetch_all(&mut tx)
            .await?
            .iter()
            .map(|row| {
                Ok(DocumentationWithObject {
                    documentation: documentation_row(row)?,
                    objects: DocumentationObject {
                        name: row.try_get("name")?,
                        full_name: row.try_get("full_name")?,
                        object_type: row.try_get("object_type")?,
                        files: row
                            .try_get::<Option<String>, _>("relative_path")?
                            .map(|relative_path| DocumentationFile { relative_path }),
                    },
                })
            })
            .collect()
    }

    /// Replaces an object's documentation. Gives the row and the stream's head; `None` if there is
    /// no such object. The same text again changes nothing.
    pub async fn put_documentation(
        &self,
        org: Uuid,
        object: Uuid,
        body: DocumentationBody,
    ) -> Result<Option<(DocumentationRow, u64)>> {
        transact!(self.database(), Scope::Org(org), |tx| {
            put(tx, org, object, &body).await
        })
    }
}

async fn put(
    tx: &mut Tx,
    org: Uuid,
    object: Uuid,
    body: &DocumentationBody,
) -> Result<Option<(DocumentationRow, u64)>> {
    // It must not go while this is written: object before stream, as in a batch that deletes it.
    let owner = query(AssertSqlSafe(format!(
        "SELECT connection_id FROM objects WHERE org_id = $1 AND id = $2 AND deleted_at IS NULL {}",
        tx.for_share()
    )))
    .bind(org)
    .bind(object)
    .fetch_optional(tx)
    .await?;
    let Some(owner) = owner else { return Ok(None) };
    let connection = id(&owner, "connection_id")?;
    // Locked before the row is read: what two nodes put at once comes one after the other.
    let mut stream = streams::locked(tx, org, connection, Channel::Documentation).await?;
    let before = query(AssertSqlSafe(format!(
        "SELECT {COLUMNS} FROM documentation d WHERE d.org_id = $1 AND d.object_id = $2 AND d.deleted_at IS NULL"
    )))
    .bind(org)
    .bind(object)
    .fetch_optional(tx)
    .await?
    .as_ref()
    .map(documentation_row)
    .transpose()?;

    let text = |text: &Option<String>| text.clone().map(without_nul);
    let mut row = DocumentationRow {
        id: ids::documentation(object),
        connection_id: connection,
        object_id: object,
        executive_summary: text(&body.executive_summary),
        business_narrative: text(&body.business_narrative),
        transformation_cards: body.transformation_cards.clone(),
        code_explanations: body.code_explanations.clone(),
        business_rules: body.business_rules.clone(),
        impact_analysis: text(&body.impact_analysis),
        // not given: that of the row before, to find out whether anything changed at all
        generated_at: text(&body.generated_at)
            .or_else(|| before.as_ref().map(|b| b.generated_at.clone()))
            .unwrap_or_default(),
        model: text(&body.model),
        row_hash: RowHash::default(),
    };
    row.seal();
    if before.as_ref().is_some_and(|b| b.row_hash == row.row_hash) {
        return Ok(Some((row, stream.head)));
    }
    if body.generated_at.is_none() {
        row.generated_at = Time::now().text();
        row.seal();
    }
    stream.put(before.map(|b| b.row_hash), row.row_hash);
    let seq = stream.next();
    store(tx, org, &row, seq).await?;
    streams::save(tx, &stream).await?;
    Ok(Some((row, stream.head)))
}

async fn store(tx: &mut Tx, org: Uuid, row: &DocumentationRow, seq: u64) -> Result<()> {
    query(
        "INSERT INTO documentation (org_id, id, connection_id, object_id, seq, bytes, row_hash, executive_summary,
         business_narrative, transformation_cards, code_explanations, business_rules, impact_analysis, generated_at,
         model) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
         ON CONFLICT (org_id, id) DO UPDATE SET seq = excluded.seq, bytes = excluded.bytes, deleted_at = NULL,
         deleted_by_run = NULL, row_hash = excluded.row_hash, executive_summary = excluded.executive_summary,
         business_narrative = excluded.business_narrative, transformation_cards = excluded.transformation_cards,
         code_explanations = excluded.code_explanations, business_rules = excluded.business_rules,
         impact_analysis = excluded.impact_analysis, generated_at = excluded.generated_at, model = excluded.model",
    )
    .bind(org)
    .bind(row.id)
    .bind(row.connection_id)
    .bind(row.object_id)
    .bind(count(seq))
    .bind(count(estimate::documentation(row)))
    .bind(row.row_hash.to_bytes().to_vec())
    .bind(&row.executive_summary)
    .bind(&row.business_narrative)
    .bind(json_text(&row.transformation_cards))
    .bind(json_text(&row.code_explanations))
    .bind(json_text(&row.business_rules))
    .bind(&row.impact_analysis)
    .bind(&row.generated_at)
    .bind(&row.model)
    .execute(tx)
    .await?;
    Ok(())
}

/// A live row of `documentation d`.
pub(crate) fn documentation_row(row: &Row) -> Result<DocumentationRow> {
    Ok(DocumentationRow {
        id: id(row, "id")?,
        connection_id: id(row, "connection_id")?,
        object_id: id(row, "object_id")?,
        executive_summary: row.try_get("executive_summary")?,
        business_narrative: row.try_get("business_narrative")?,
        transformation_cards: json(row, "transformation_cards")?,
        code_explanations: json(row, "code_explanations")?,
        business_rules: json(row, "business_rules")?,
        impact_analysis: row.try_get("impact_analysis")?,
        generated_at: row.try_get("generated_at")?,
        model: row.try_get("model")?,
        row_hash: hash(row, "row_hash")?,
    })
}
