//! Shows what the sync task tells, as the editor is used to: progress where it offers progress,
//! `metasync/status` at each change, messages, one question. Nothing here is waited for.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use metasync_protocol::editor::StatusParams;
use tokio::sync::mpsc;
use tower_lsp::{
    Client,
    ls_types::{
        MessageActionItem, MessageType, NumberOrString, ProgressParams, ProgressParamsValue, ProgressToken,
        WorkDoneProgress, WorkDoneProgressBegin, WorkDoneProgressCreateParams, WorkDoneProgressEnd,
        WorkDoneProgressReport,
        notification::{Notification, Progress},
        request::WorkDoneProgressCreate,
    },
};

use super::{Backend, capabilities::Offers, workspaces::Workspaces};
use crate::sync::{Event, Handle, Question};

/// How long an editor may take to agree to a progress.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(5);
/// Names the progress tokens of this process.
static NEXT_TOKEN: AtomicU64 = AtomicU64::new(1);

/// The notification of contract.md, "The language server".
enum Status {}

impl Notification for Status {
    type Params = StatusParams;
    const METHOD: &'static str = "metasync/status";
}

/// Turns events into messages.
#[derive(Clone)]
pub struct Reporter {
    pub(super) client: Client,
    pub(super) offers: Offers,
    pub(super) workspaces: Arc<Workspaces>,
    pub(super) checker: super::checking::Checker,
    pub(super) documents: Arc<crate::documents::Documents>,
    pub(super) seen: Arc<super::changes::Seen>,
}

impl Backend {
    /// A reporter to this client.
    pub(super) fn reporter(&self) -> Reporter {
        Reporter {
            client: self.client.clone(),
            offers: self.offers.read().clone(),
            workspaces: self.workspaces.clone(),
            checker: self.checker.clone(),
            documents: self.documents.clone(),
            seen: self.seen.clone(),
        }
    }
}

impl Reporter {
    /// Reports until the sync task ends.
    pub async fn listen(self, handle: Handle, mut events: mpsc::UnboundedReceiver<Event>) {
        let mut shown: Option<ProgressToken> = None;
        while let Some(event) = events.recv().await {
            match event {
                Event::Status(own) => {
                    let status = self.workspaces.status().unwrap_or(own);
                    let status = StatusParams {
                        hub: None,
                        cache: None,
                        session_id: None,
                        ..status
                    };
                    self.client.send_notification::<Status>(status).await;
                }
                Event::Begin { title } => {
                    shown = self.begin(title).await;
                    if let Some(token) = &shown {
                        self.workspaces.watch(token.clone(), &handle);
                    }
                }
                Event::Report { percentage, message } => {
                    if let Some(token) = &shown {
                        let report = WorkDoneProgressReport {
                            cancellable: Some(true),
                            message: Some(message).filter(|m| !m.is_empty()),
                            percentage: Some(percentage),
                        };
                        self.progress(token, WorkDoneProgress::Report(report)).await;
                    }
                }
                Event::End { message } => {
                    if let Some(token) = shown.take() {
                        self.workspaces.unwatch(&token);
                        let end = WorkDoneProgressEnd {
                            message: Some(message),
                        };
                        self.progress(&token, WorkDoneProgress::End(end)).await;
                    }
                }
                Event::Settled(reached) => {
                    // who waited may have given up
                    let _ = reached.send(());
                }
                Event::FactsChanged => self.facts_changed(&handle).await,
                Event::Tell { error, message } => {
                    let kind = if error {
                        MessageType::WARNING
                    } else {
                        MessageType::INFO
                    };
                    self.client.show_message(kind, message).await;
                }
                Event::Ask {
                    question,
                    message,
                    choices,
                } => {
                    tokio::spawn(self.clone().ask(handle.clone(), question, message, choices));
                }
            }
        }
    }

    async fn begin(&self, title: String) -> Option<ProgressToken> {
        if !self.offers.progress {
            return None;
        }
        let number = NEXT_TOKEN.fetch_add(1, Ordering::Relaxed);
        let token = NumberOrString::String(format!("metasync-{}-{number}", std::process::id()));
        let create = WorkDoneProgressCreateParams { token: token.clone() };
        let agreed = tokio::time::timeout(
            PATIENCE,
            self.client.send_request::<WorkDoneProgressCreate>(create),
        )
        .await;
        if !matches!(agreed, Ok(Ok(()))) {
            return None;
        }
        let begin = WorkDoneProgressBegin {
            title,
            cancellable: Some(true),
            message: None,
            percentage: Some(0),
        };
        self.progress(&token, WorkDoneProgress::Begin(begin)).await;
        Some(token)
    }

    async fn progress(&self, token: &ProgressToken, value: WorkDoneProgress) {
        let value = ProgressParamsValue::WorkDone(value);
        self.client
            .send_notification::<Progress>(ProgressParams {
                token: token.clone(),
                value,
            })
            .await;
    }

    async fn ask(
        self,
        handle: Handle,
        question: Question,
        message: String,
        choices: Vec<(uuid::Uuid, String)>,
    ) {
        if !self.offers.questions {
            let message = format!("{message} {}", question.otherwise());
            self.client.show_message(MessageType::INFO, message).await;
            return;
        }
        let item = |title: &str| MessageActionItem {
            title: title.to_owned(),
            properties: Default::default(),
        };
        let none = "None of them";
        let actions = choices
            .iter()
            .map(|(_, name)| item(name))
            .chain([item(none)])
            .collect();
        let answer = self
            .client
            .show_message_request(MessageType::INFO, message, Some(actions))
            .await;
        let Ok(Some(chosen)) = answer else { return };
        let chosen: Vec<_> = choices
            .into_iter()
            .filter(|(_, name)| *name == chosen.title)
            .collect();
        if let Err(error) = handle.answer(question, &chosen).await {
            self.client
                .show_message(MessageType::WARNING, error.to_string())
                .await;
        }
    }
}
