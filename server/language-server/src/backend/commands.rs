//! `workspace/executeCommand`: contract.md names the commands, their arguments and answers.

use futures_util::future::join_all;
use metasync_cache::Reader;
use metasync_protocol::editor::{HistoryAnswer, SyncAnswer};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tower_lsp::jsonrpc::{Error, Result};
use uuid::Uuid;

use super::{
    Backend,
    server::{failed, wrong_arguments},
    workspaces::Workspace,
};
use crate::{answers, doctor, sync::Cause};

/// Runs that `metasync.history` lists.
const HISTORY: usize = 100;

/// How long the answer of a sync waits for the editor to be told of its progress.
const SETTLING: std::time::Duration = std::time::Duration::from_secs(2);

const SYNC: &str = "metasync.sync";
const SYNC_FULL: &str = "metasync.syncFull";
const CANCEL: &str = "metasync.cancelSync";
const STATUS: &str = "metasync.status";
const HISTORY_COMMAND: &str = "metasync.history";
const SEARCH: &str = "metasync.search";
const LINEAGE: &str = "metasync.lineage";
const SELECT: &str = "metasync.selectConnections";
const CONFLICTS: &str = "metasync.conflicts";
const RESOLVE: &str = "metasync.resolveConflict";
const DOCTOR: &str = "metasync.doctor";

/// All commands.
pub const ALL: &[&str] = &[
    SYNC,
    SYNC_FULL,
    CANCEL,
    STATUS,
    HISTORY_COMMAND,
    SEARCH,
    LINEAGE,
    SELECT,
    CONFLICTS,
    RESOLVE,
    DOCTOR,
];

#[derive(Deserialize, Default)]
#[serde(default)]
struct SearchOptions {
    limit: Option<usize>,
}

impl Backend {
    /// Runs a command. Long questions to the cache leave this thread; syncs run in their own task.
    pub(super) async fn run_command(&self, command: &str, arguments: Vec<Value>) -> Result<Value> {
        if !ALL.contains(&command) {
            let message = format!("there is no command {command:?}").into();
            return Err(Error {
                message,
                ..Error::method_not_found()
            });
        }
        self.until_opened().await;
        match command {
            SYNC => Ok(json(self.sync_all(false).await)),
            SYNC_FULL => Ok(json(self.sync_all(true).await)),
            CANCEL => {
                let cancelled = self.workspaces.all().iter().filter(|w| w.handle.cancel()).count();
                Ok(json!({"cancelled": cancelled > 0}))
            }
            STATUS => Ok(json(self.workspaces.status().ok_or_else(no_workspace)?)),
            HISTORY_COMMAND => {
                let view = self.first()?.handle.view;
                let runs = view.ask(|reader| reader.history(HISTORY)).unwrap_or_default();
                Ok(json(HistoryAnswer { runs }))
            }
            SEARCH => {
                let text: String = argument(&arguments, 0, "[text, {limit}]")?;
                let options: SearchOptions = optional(&arguments, 1, "[text, {limit}]")?;
                self.blocking(move |readers| answers::search::search(readers, &text, options.limit))
                    .await
            }
            LINEAGE => {
                const EXPECTED: &str = "[name, {direction: both|upstream|downstream, column, depth}]";
                let name: String = argument(&arguments, 0, EXPECTED)?;
                let options: answers::lineage::Options = optional(&arguments, 1, EXPECTED)?;
                self.blocking(move |readers| answers::lineage::first(readers, &name, &options))
                    .await
            }
            SELECT => self.select(&arguments).await,
            CONFLICTS => Ok(json(self.conflicts().await?)),
            RESOLVE => {
                const EXPECTED: &str = "[file_id, strategy: local_wins|remote_wins|keep_both]";
                let file: String = argument(&arguments, 0, EXPECTED)?;
                let strategy = argument(&arguments, 1, EXPECTED)?;
                Ok(json(self.resolve_conflict(&file, strategy).await?))
            }
            DOCTOR => {
                let workspace = self.first()?;
                Ok(json(
                    doctor::examine(workspace.handle.about(), self.workspaces.hubs()).await,
                ))
            }
            _ => Err(Error::method_not_found()),
        }
    }

    fn first(&self) -> Result<Workspace> {
        self.workspaces.first().ok_or_else(no_workspace)
    }

    async fn sync_all(&self, full: bool) -> SyncAnswer {
        let all = self.workspaces.all();
        let answers = join_all(all.iter().map(|w| w.handle.sync(Cause::Command, full))).await;
        // the end of a progress comes before the answer, as far as the editor keeps up
        let shown = join_all(all.iter().map(|w| w.handle.settled()));
        let _ = tokio::time::timeout(SETTLING, shown).await;
        let together = answers.into_iter().reduce(|a, b| SyncAnswer {
            // a failure is more noteworthy than a success
            state: if b.error.is_some() { b.state } else { a.state },
            objects: a.objects + b.objects,
            columns: a.columns + b.columns,
            deleted: a.deleted + b.deleted,
            pages: a.pages + b.pages,
            duration_ms: a.duration_ms.max(b.duration_ms),
            up_to_date: a.up_to_date && b.up_to_date,
            index_ms: a.index_ms.max(b.index_ms),
            error: b.error.or(a.error),
        });
        together.unwrap_or_else(|| SyncAnswer {
            state: "error".to_owned(),
            objects: 0,
            columns: 0,
            deleted: 0,
            pages: 0,
            duration_ms: 0,
            up_to_date: false,
            index_ms: None,
            error: Some("no folder is open".to_owned()),
        })
    }

    async fn select(&self, arguments: &[Value]) -> Result<Value> {
        let handle = self.first()?.handle;
        if arguments.is_empty() {
            let session = handle.session();
            let choices = session.lock().await.connection_choices().await.map_err(failed)?;
            return Ok(json(choices));
        }
        let ids: Vec<Uuid> = argument(arguments, 0, "[[ids]]")?;
        handle.choose(&ids).await.map_err(failed)?;
        let answer = handle.sync(Cause::Settings, false).await;
        if let Some(error) = answer.error {
            return Err(failed(error));
        }
        let session = handle.session();
        let choices = session.lock().await.connection_choices().await.map_err(failed)?;
        Ok(json(choices))
    }

    /// Asks the caches of all open workspaces on a thread where it may take its time.
    async fn blocking<T, E>(
        &self,
        question: impl FnOnce(&[Reader]) -> std::result::Result<T, E> + Send + 'static,
    ) -> Result<Value>
    where
        T: Serialize + Send + 'static,
        E: std::fmt::Display + Send + 'static,
    {
        let readers: Vec<Reader> = self
            .workspaces
            .all()
            .iter()
            .filter_map(|w| w.handle.view.reader())
            .collect();
        if readers.is_empty() {
            return Err(failed("nothing is cached yet: run metasync.sync first"));
        }
        let asked = tokio::task::spawn_blocking(move || question(&readers).map_err(|e| e.to_string())).await;
        match asked {
            Ok(Ok(answer)) => Ok(json(answer)),
            Ok(Err(error)) => Err(failed(error)),
            Err(error) => Err(failed(error)),
        }
    }
}

fn no_workspace() -> Error {
    failed("no folder is open")
}

fn json(answer: impl Serialize) -> Value {
    serde_json::to_value(answer).unwrap_or(Value::Null)
}

fn argument<T: serde::de::DeserializeOwned>(arguments: &[Value], at: usize, expected: &str) -> Result<T> {
    let value = arguments.get(at).ok_or_else(|| wrong_arguments(expected))?;
    serde_json::from_value(value.clone()).map_err(|_| wrong_arguments(expected))
}

fn optional<T: serde::de::DeserializeOwned + Default>(
    arguments: &[Value],
    at: usize,
    expected: &str,
) -> Result<T> {
    match arguments.get(at) {
        None | Some(Value::Null) => Ok(T::default()),
        Some(_) => argument(arguments, at, expected),
    }
}
