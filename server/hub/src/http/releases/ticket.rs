//! `POST …/progress/{job_id}/ticket`: browsers' `EventSource` can send no header, so that a ticket in the address
//! opens the stream, once and soon (contract.md, "Seed 000").

use std::time::Duration;

use axum::{Json, extract::State};
use rand::RngCore as _;
use schemars::JsonSchema;
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{
    super::{App, error::ApiError, params::PathParams},
    follow,
    operator::Operator,
};

/// Bytes of a ticket.
const TICKET_BYTES: usize = 32;

/// How long a ticket is good for.
const GOOD_FOR: Duration = Duration::from_secs(60);

/// Answer.
#[derive(Serialize, JsonSchema)]
pub(super) struct Ticket {
    /// For `?ticket=`, once, within a minute.
    ticket: String,
}

pub(super) async fn give(
    _: Operator,
    State(app): State<App>,
    path: PathParams,
) -> Result<Json<Ticket>, ApiError> {
    let run = follow::find(&app, &path).await?;
    let mut bytes = [0; TICKET_BYTES];
    rand::rng().fill_bytes(&mut bytes);
    let ticket = hex::encode(bytes);
    app.store.put_ticket(&hash(&ticket), run.id, GOOD_FOR).await?;
    Ok(Json(Ticket { ticket }))
}

/// The run that a ticket is for; it is good no more.
pub(super) async fn take(app: &App, ticket: &str) -> Result<Option<Uuid>, ApiError> {
    Ok(app.store.take_ticket(&hash(ticket)).await?)
}

fn hash(ticket: &str) -> String {
    hex::encode(Sha256::digest(ticket.as_bytes()))
}
