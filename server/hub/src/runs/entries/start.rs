//! Starting runs of external sources: from the API, from a schedule, from a link.

use metasync_protocol::{connections::NewConnection, ids};
use metasync_sources::entries::{ADAPTERS, EntryError, ErrorKind, adapter};
use metasync_store::{Enqueued, NewRun, NewSyncRun, Run, Started, StoreError, StoredConnection};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    super::{Runs, SYNCING},
    PREVIEW, SOURCE,
    spec::{self, Spec, Stored},
};
use crate::config::Timetable;

/// Most bytes of options.
const MAX_OPTIONS: usize = 64 * 1024;

/// Most characters of a source's name.
const MAX_NAME: usize = 100;

/// Somebody asks for a sync of a source.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asked {
    pub(crate) source_type: String,
    pub(crate) source_identifier: String,
    pub(crate) options: Value,
    /// Who is told of the run's states.
    pub(crate) webhook: Option<String>,
    /// When to do it again: cron and time zone; an empty one takes a schedule back, `None` leaves it.
    pub(crate) schedule: Option<(String, String)>,
    pub(crate) cause: &'static str,
}

/// Why nothing was started.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// What was asked for makes no sense, or may not be.
    Invalid(String),
    /// The database.
    Store(StoreError),
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Refusal {
        Refusal::Store(error)
    }
}

impl From<EntryError> for Refusal {
    fn from(error: EntryError) -> Refusal {
        Refusal::Invalid(error.message)
    }
}

impl Runs {
    /// Looks at what is asked for; gives it with the identifier under which the source is known.
    pub(crate) async fn check_source(&self, mut asked: Asked) -> Result<Asked, Refusal> {
        let kinds: Vec<&str> = ADAPTERS.iter().map(|adapter| adapter.kind()).collect();
        let adapter = adapter(&asked.source_type).ok_or_else(|| {
            Refusal::Invalid(format!(
                "sourceType {:?} is not known; known are {}",
                asked.source_type,
                kinds.join(", ")
            ))
        })?;
        if asked.options.is_null() {
            asked.options = json!({});
        }
        if !asked.options.is_object() || asked.options.to_string().len() > MAX_OPTIONS {
            return Err(Refusal::Invalid(format!(
                "options must be an object of {MAX_OPTIONS} bytes at most"
            )));
        }
        if let Some((cron, zone)) = asked.schedule.as_ref().filter(|(cron, _)| !cron.is_empty()) {
            Timetable::new(cron, zone).map_err(|why| Refusal::Invalid(format!("schedule: {why}")))?;
        }
        let spec = Spec::new(
            asked.source_type.clone(),
            asked.source_identifier.clone(),
            asked.options.clone(),
        )
        .map_err(Refusal::Invalid)?;
        asked.source_identifier = match adapter.check(&spec.read, &self.entries.outside).await {
            Ok(identifier) => identifier,
            // It may be there when it is needed.
            Err(error) if error.kind == ErrorKind::Network => asked.source_identifier,
            Err(error) => return Err(error.into()),
        };
        Ok(asked)
    }

    /// Queues a sync of a source that was checked, and makes its connection where there is none.
    pub(crate) async fn start_source(
        &self,
        org: Uuid,
        user: &str,
        asked: &Asked,
    ) -> Result<Started, Refusal> {
        let connection = self.source(org, asked).await?;
        let id = connection.connection.id;
        let stored = self.stored(org, asked);
        let new = NewRun {
            org,
            kind: SOURCE.to_owned(),
            target: id.to_string(),
            user: user.to_owned(),
            options: serde_json::to_value(&stored).unwrap_or_default(),
            cause: asked.cause.to_owned(),
        };
        let told = NewSyncRun {
            connection: id,
            source_type: asked.source_type.clone(),
            source_identifier: asked.source_identifier.clone(),
            metadata: json!({
                "options": spec::told(&asked.options), "user": user, "cause": asked.cause,
            }),
        };
        let started = self.store.sync_run_start(&new, &told).await?;
        if let Started::New(run) = &started {
            tracing::info!(run = run.number, connection = %id, cause = asked.cause, "sync of a source queued");
            self.store
                .set_connection_status(org, id, SYNCING, None, None)
                .await?;
            self.set_source(org, &connection, asked, &stored).await?;
            self.ring_work();
        }
        Ok(started)
    }

    /// Says what a sync would do; the run, to be waited for.
    pub(crate) async fn start_preview(&self, org: Uuid, user: &str, asked: &Asked) -> Result<Run, Refusal> {
        let new = NewRun {
            org,
            kind: PREVIEW.to_owned(),
            target: ids::connection(org, &full_name(asked)).to_string(),
            user: user.to_owned(),
            options: serde_json::to_value(self.stored(org, asked)).unwrap_or_default(),
            cause: asked.cause.to_owned(),
        };
        match self.store.run_enqueue(&new).await? {
            Enqueued::New(run) => {
                self.ring_work();
                Ok(run)
            }
            Enqueued::Active(_) => Err(Refusal::Store(StoreError::Conflict(
                "a dry run of this source is under way".into(),
            ))),
        }
    }

    /// Takes up what waits and what failed for a passing reason.
    pub(crate) async fn resume_sources(
        &self,
        org: Uuid,
        user: &str,
        cause: &str,
    ) -> Result<Vec<u64>, StoreError> {
        let taken = self.store.sync_runs_resume(org, SOURCE, user, cause).await?;
        for number in &taken {
            if let Some(run) = self.store.sync_run(org, *number).await? {
                self.store
                    .set_connection_status(org, run.connection, SYNCING, None, None)
                    .await?;
            }
        }
        if !taken.is_empty() {
            tracing::info!(runs = taken.len(), cause, "syncs of sources taken up again");
        }
        self.ring_work();
        Ok(taken)
    }

    fn ring_work(&self) {
        self.bells.runs.ring_work();
        self.outgoing.notify_one();
    }

    fn stored(&self, org: Uuid, asked: &Asked) -> Stored {
        Stored::seal(
            &self.entries.sealer,
            org,
            (&asked.source_type, &asked.source_identifier),
            &asked.options,
            asked.webhook.as_deref(),
        )
    }

    /// The connection that a source is.
    async fn source(&self, org: Uuid, asked: &Asked) -> Result<StoredConnection, Refusal> {
        let full_name = full_name(asked);
        let id = ids::connection(org, &full_name).to_string();
        if let Some(known) = self.store.connection(org, &id).await? {
            return Ok(known);
        }
        let new = NewConnection {
            kind: asked.source_type.clone(),
            name: name(&asked.source_identifier),
            full_name,
            url: asked.source_identifier.clone(),
            branch: None,
            dialect: None,
            settings: None,
        };
        match self.store.add_connection(org, &new).await {
            Ok(added) => Ok(added),
            // somebody else was faster
            Err(StoreError::Conflict(_)) => {
                let known = self.store.connection(org, &id).await?;
                known.ok_or_else(|| StoreError::NotFound("the source".into()).into())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Keeps what a source was asked for last, for its schedule and its link.
    async fn set_source(
        &self,
        org: Uuid,
        connection: &StoredConnection,
        asked: &Asked,
        stored: &Stored,
    ) -> Result<(), StoreError> {
        let mut settings = match &connection.settings {
            Value::Object(members) => members.clone(),
            _ => serde_json::Map::new(),
        };
        let before = settings.clone();
        settings.insert("request".into(), serde_json::to_value(stored).unwrap_or_default());
        match &asked.schedule {
            None => {}
            Some((cron, _)) if cron.is_empty() => {
                settings.remove("schedule");
                let target = connection.connection.id.to_string();
                self.store.plan((org, SOURCE, &target), None).await?;
            }
            Some((cron, zone)) => {
                settings.insert("schedule".into(), json!({"cron": cron, "timeZone": zone}));
            }
        }
        if settings == before {
            return Ok(());
        }
        self.store
            .set_connection_settings(org, connection.connection.id, &Value::Object(settings))
            .await
    }

    /// What a source was asked for last.
    pub(super) fn asked_before(
        &self,
        org: Uuid,
        connection: &StoredConnection,
        cause: &'static str,
    ) -> Option<Asked> {
        let stored: Stored = serde_json::from_value(connection.settings.get("request")?.clone()).ok()?;
        Some(Asked {
            options: stored.open(&self.entries.sealer, org)?,
            source_type: stored.source_type,
            source_identifier: stored.source_identifier,
            webhook: stored.progress_webhook,
            schedule: None,
            cause,
        })
    }

    /// Starts a source again as it was asked for last.
    pub(crate) async fn repeat_source(
        &self,
        org: Uuid,
        connection: &StoredConnection,
        user: &str,
        cause: &'static str,
    ) -> Result<Started, Refusal> {
        let asked = self.asked_before(org, connection, cause).ok_or_else(|| {
            Refusal::Invalid("what the source was asked for can't be read (any more); trigger it anew".into())
        })?;
        let asked = self.check_source(asked).await?;
        self.start_source(org, user, &asked).await
    }
}

/// The connection's full name: one for each source, however often it is triggered.
fn full_name(asked: &Asked) -> String {
    format!("{}:{}", asked.source_type, asked.source_identifier)
}

/// A short name: the end of the path, or the host with the path.
fn name(identifier: &str) -> String {
    let name = match identifier.split_once("://") {
        Some((_, rest)) => rest.split(['?', '#']).next().unwrap_or(rest),
        None => identifier.rsplit(['/', '\\']).next().unwrap_or(identifier),
    };
    name.chars().filter(|c| !c.is_control()).take(MAX_NAME).collect()
}
