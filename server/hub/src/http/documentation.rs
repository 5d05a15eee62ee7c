//! Documentation of objects (seed 002, section 4).

use axum::{Json, extract::State};
use metasync_protocol::{Channel, DocumentationRow};
use metasync_store::{DocumentationBody, DocumentationWithObject};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    App,
    access::{Member, Writer},
    body::Body,
    error::ApiError,
    params::{self, Params, PathParams},
};

/// Answer of `GET …/documentation`.
#[derive(Serialize, JsonSchema)]
pub(super) struct DocumentationList {
    #[schemars(with = "Vec<Documented>")]
    documentation: Vec<DocumentationWithObject>,
}

/// [`DocumentationWithObject`] for the description of the API.
#[derive(JsonSchema)]
#[allow(dead_code, reason = "it is described, never made")]
struct Documented {
    #[serde(flatten)]
    documentation: DocumentationRow,
    objects: DocumentedObject,
}

/// The object, as the seed shows it.
#[derive(JsonSchema)]
#[allow(dead_code, reason = "it is described, never made")]
struct DocumentedObject {
    name: String,
    full_name: String,
    object_type: String,
    files: Option<DocumentedFile>,
}

/// Its file.
#[derive(JsonSchema)]
#[allow(dead_code, reason = "it is described, never made")]
struct DocumentedFile {
    relative_path: String,
}

/// Body of `PUT …/documentation/{object_id}`; what is left out is empty afterwards.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(super) struct DocumentationInput {
    executive_summary: Option<String>,
    business_narrative: Option<String>,
    transformation_cards: Value,
    code_explanations: Value,
    business_rules: Value,
    impact_analysis: Option<String>,
    generated_at: Option<String>,
    model: Option<String>,
}

pub(super) async fn list(
    Member(access): Member,
    State(app): State<App>,
    params: Params,
) -> Result<Json<DocumentationList>, ApiError> {
    let (connections, objects) = (params.ids("connection_ids")?, params.ids("object_ids")?);
    let documentation = app
        .store
        .documentation(access.org(), connections.as_deref(), objects.as_deref())
        .await?;
    Ok(Json(DocumentationList { documentation }))
}

pub(super) async fn put(
    Writer(access): Writer,
    State(app): State<App>,
    path: PathParams,
    Body(input): Body<DocumentationInput>,
) -> Result<Json<DocumentationRow>, ApiError> {
    let object = path.id("object_id")?;
    let generated_at = input
        .generated_at
        .as_deref()
        .map(|at| params::time("generated_at", at))
        .transpose()?;
    let body = DocumentationBody {
        executive_summary: input.executive_summary,
        business_narrative: input.business_narrative,
        transformation_cards: input.transformation_cards,
        code_explanations: input.code_explanations,
        business_rules: input.business_rules,
        impact_analysis: input.impact_analysis,
        generated_at,
        model: input.model,
    };
    let (row, head) = app
        .store
        .put_documentation(access.org(), object, body)
        .await?
        .ok_or_else(|| ApiError::not_found("object"))?;
    let heads = [(Channel::Documentation, head)];
    app.bells.heads.ring(access.org(), row.connection_id, &heads);
    Ok(Json(row))
}
