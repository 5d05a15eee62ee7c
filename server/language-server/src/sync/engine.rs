//! The single sync task of a workspace: one sync running, one pending, each with a named cause.
//! Whoever asks while one runs gets the answer of the one after, which sees all that was there
//! when they asked.

use std::{collections::HashSet, path::PathBuf, sync::Arc, time::Duration};

use metasync_client::ClientError;
use metasync_protocol::editor::{State, SyncAnswer};
use parking_lot::{Mutex, RwLock};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
    time::Instant,
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{
    answer,
    answer::SyncError,
    cause::Cause,
    local_hub::LocalHub,
    progress::{Event, Outlook, Question},
    push::{self, Signal},
    rest,
    view::View,
};
use crate::{
    settings::Effective,
    sync::session::Session,
    workspace::{Found, Places},
};

/// A ring of the bell.
pub struct Request {
    cause: Cause,
    full: bool,
    reply: Option<oneshot::Sender<SyncAnswer>>,
}

impl Request {
    /// A ring that nobody waits for.
    pub fn background(cause: Cause) -> Request {
        Request {
            cause,
            full: false,
            reply: None,
        }
    }
}

/// What a workspace's task is over; it never changes, and nobody waits for a sync to know it.
#[derive(Debug)]
pub struct About {
    /// The workspace.
    pub found: Found,
    /// How it is served.
    pub settings: Effective,
    /// Path of the cache.
    pub cache: PathBuf,
}

/// How others reach the sync task.
#[derive(Clone)]
pub struct Handle {
    bell: mpsc::UnboundedSender<Request>,
    running: Arc<Mutex<Option<CancellationToken>>>,
    stop: CancellationToken,
    session: Arc<tokio::sync::Mutex<Session>>,
    about: Arc<About>,
    /// Weak: who listens stops when the task ends, whoever still holds a handle.
    events: mpsc::WeakUnboundedSender<Event>,
    /// What features read.
    pub view: View,
}

impl Handle {
    /// What it is over.
    pub fn about(&self) -> &About {
        &self.about
    }

    /// Rings the bell and goes on.
    pub fn ring(&self, cause: Cause) {
        let _ = self.bell.send(Request::background(cause));
    }

    /// One sync; the answer when it ended.
    pub async fn sync(&self, cause: Cause, full: bool) -> SyncAnswer {
        let (reply, answer) = oneshot::channel();
        let _ = self.bell.send(Request {
            cause,
            full,
            reply: Some(reply),
        });
        answer
            .await
            .unwrap_or_else(|_| answer::answer(&Err(SyncError::Cancelled), false, 0))
    }

    /// Cancels the sync that runs; whether there was one.
    pub fn cancel(&self) -> bool {
        self.running
            .lock()
            .as_ref()
            .map(CancellationToken::cancel)
            .is_some()
    }

    /// Uses these connections from now on, and syncs.
    pub async fn choose(&self, ids: &[Uuid]) -> Result<(), SyncError> {
        self.session.lock().await.choose(ids)?;
        self.ring(Cause::Settings);
        Ok(())
    }

    /// The user's answer to an [`super::Event::Ask`]; what was chosen is used from now on.
    pub async fn answer(&self, question: Question, chosen: &[(Uuid, String)]) -> Result<(), SyncError> {
        match (question, chosen) {
            (Question::Connections, chosen) => {
                let ids: Vec<Uuid> = chosen.iter().map(|(id, _)| *id).collect();
                self.choose(&ids).await
            }
            (Question::Organization, [(id, name), ..]) => {
                self.session.lock().await.choose_organization(*id, name)?;
                self.ring(Cause::Settings);
                Ok(())
            }
            (Question::Organization, []) => Ok(()),
        }
    }

    /// Waits until everything that was told so far was shown, or the listener is gone.
    pub async fn settled(&self) {
        let (reached, shown) = oneshot::channel();
        if let Some(events) = self.events.upgrade()
            && events.send(Event::Settled(reached)).is_ok()
        {
            // a listener that is gone shows nothing more: that is settled too
            let _ = shown.await;
        }
    }

    /// Ends the task.
    pub fn stop(&self) {
        self.cancel();
        self.stop.cancel();
    }

    /// The workspace's session with its hub, between two syncs.
    pub fn session(&self) -> Arc<tokio::sync::Mutex<Session>> {
        self.session.clone()
    }
}

/// The task.
pub struct Engine {
    settings: Effective,
    requests: mpsc::UnboundedReceiver<Request>,
    bell: mpsc::UnboundedSender<Request>,
    running: Arc<Mutex<Option<CancellationToken>>>,
    stop: CancellationToken,
    session: Arc<tokio::sync::Mutex<Session>>,
    events: mpsc::UnboundedSender<Event>,
    view: View,
    listener: Option<Listener>,
    signals: (mpsc::UnboundedSender<Signal>, mpsc::UnboundedReceiver<Signal>),
    failures: u32,
}

/// How a ring was served.
enum Served {
    /// The next sync may wait for the timer.
    Well,
    /// It is tried again soon, though not before the hub wants.
    Badly { wait: Duration },
}

struct Listener {
    task: JoinHandle<()>,
    stop: CancellationToken,
    interesting: Arc<RwLock<HashSet<Uuid>>>,
}

impl Engine {
    /// Opens the cache at once, so that features answer from it, and starts the task. With
    /// `background` it also syncs by itself: at the start, by timer, and when the hub says so.
    pub fn start(
        found: Found,
        settings: Effective,
        starter: Arc<dyn LocalHub>,
        events: mpsc::UnboundedSender<Event>,
        background: bool,
    ) -> (Handle, JoinHandle<()>) {
        let view = View::new(found.root.clone());
        let (bell, requests) = mpsc::unbounded_channel();
        let about = Arc::new(About {
            cache: Places::of(&settings.cache_dir, &settings.mode, &found).cache(),
            found: found.clone(),
            settings: settings.clone(),
        });
        let session = Session::new(found, settings.clone(), starter, events.clone(), view.clone());
        let handle = Handle {
            bell: bell.clone(),
            running: Arc::default(),
            stop: CancellationToken::new(),
            session: Arc::new(tokio::sync::Mutex::new(session)),
            about,
            events: events.downgrade(),
            view: view.clone(),
        };
        let mut engine = Engine {
            settings,
            requests,
            bell,
            running: handle.running.clone(),
            stop: handle.stop.clone(),
            session: handle.session.clone(),
            events,
            view,
            listener: None,
            signals: mpsc::unbounded_channel(),
            failures: 0,
        };
        if background {
            handle.ring(Cause::Start);
        }
        let task = tokio::spawn(async move { engine.run(background).await });
        (handle, task)
    }

    /// Says when the next sync begins by itself.
    fn tell_next(&self, due: Option<Instant>) {
        let next = due.and_then(|due| {
            let wait = jiff::SignedDuration::try_from(due.duration_since(Instant::now())).ok()?;
            let at = jiff::Timestamp::now().checked_add(wait).ok()?;
            Some(at.round(jiff::Unit::Second).ok()?.to_string())
        });
        let told = self.view.set_status(|status| status.next_sync_at = next);
        if let Some(status) = told {
            let _ = self.events.send(Event::Status(status));
        }
    }

    async fn run(&mut self, background: bool) {
        let mut due = None;
        loop {
            let asleep = async {
                match due {
                    Some(due) => tokio::time::sleep_until(due).await,
                    None => std::future::pending().await,
                }
            };
            let request = tokio::select! {
                biased;
                () = self.stop.cancelled() => break,
                Some(request) = self.requests.recv() => request,
                Some(signal) = self.signals.1.recv() => {
                    match self.heed(signal).await {
                        Some(request) => request,
                        None => continue,
                    }
                }
                () = asleep => {
                    Request::background(if self.failures > 0 { Cause::Retry } else { Cause::Timer })
                }
            };
            let auto = self.settings.auto_sync.enabled;
            if background && !auto && matches!(request.cause, Cause::Push | Cause::FileChange | Cause::Start)
            {
                // switched off: only an empty cache is filled unasked
                let session = self.session.lock().await;
                if !session.is_empty() {
                    session.rest();
                    continue;
                }
            }
            let asked_to_wait = match self.serve(request).await {
                Served::Well => {
                    self.failures = 0;
                    Duration::ZERO
                }
                Served::Badly { wait } => {
                    self.failures = self.failures.saturating_add(1);
                    wait
                }
            };
            due = (background && auto).then(|| {
                let mut rng = rand::rng();
                Instant::now()
                    + match self.failures {
                        0 => rest::interval(self.settings.auto_sync.interval_minutes, &mut rng),
                        failures => rest::retry(failures, &mut rng).max(asked_to_wait),
                    }
            });
            self.tell_next(due);
            if background && auto && self.failures == 0 {
                self.listen().await;
            }
        }
        if let Some(listener) = self.listener.take() {
            listener.stop.cancel();
            listener.task.abort();
        }
    }

    /// One sync for this ring and all that came meanwhile.
    async fn serve(&mut self, first: Request) -> Served {
        let settle = first.cause.settle();
        if !settle.is_zero() {
            tokio::time::sleep(settle).await;
        }
        let (mut cause, mut full, mut replies) = (first.cause, first.full, Vec::from_iter(first.reply));
        while let Ok(more) = self.requests.try_recv() {
            cause = cause.min(more.cause);
            full |= more.full;
            replies.extend(more.reply);
        }
        let cancel = self.stop.child_token();
        *self.running.lock() = Some(cancel.clone());
        let mut outlook = Outlook::new(self.events.clone());
        let (answer, outcome) = {
            let mut session = self.session.lock().await;
            session.sync(cause, full, &cancel, &mut outlook).await
        };
        *self.running.lock() = None;
        tracing::info!(
            cause = cause.as_str(),
            state = answer.state,
            objects = answer.objects,
            deleted = answer.deleted,
            ms = answer.duration_ms,
            "a sync ended"
        );
        outlook.end(&ended(&answer));
        for reply in replies {
            let _ = reply.send(answer.clone());
        }
        match outcome {
            Err(SyncError::Client(ClientError::Busy { retry_after })) => Served::Badly { wait: retry_after },
            // a refused token does not get better by asking again and again
            Ok(()) | Err(SyncError::Cancelled) => Served::Well,
            Err(_) if answer.state == "signed_out" => Served::Well,
            Err(_) => Served::Badly { wait: Duration::ZERO },
        }
    }

    /// Listens to the hub's events as long as the session stays the same.
    async fn listen(&mut self) {
        let session = self.session.lock().await;
        let Some((link, connections)) = session.linked() else {
            return;
        };
        let connections: HashSet<Uuid> = connections.into_iter().collect();
        if let Some(listener) = &self.listener
            && !listener.task.is_finished()
        {
            *listener.interesting.write() = connections;
            return;
        }
        let interesting = Arc::new(RwLock::new(connections));
        let stop = self.stop.child_token();
        let listening = push::listen(
            link.client,
            link.organization,
            interesting.clone(),
            self.bell.clone(),
            self.signals.0.clone(),
            stop.clone(),
        );
        self.listener = Some(Listener {
            task: tokio::spawn(listening),
            stop,
            interesting,
        });
    }

    /// A broken stream may be a proxy's habit: only a hub that does not answer is away.
    async fn heed(&mut self, signal: Signal) -> Option<Request> {
        if signal == Signal::Back {
            return Some(Request::background(Cause::Reconnected));
        }
        let link = self.view.link()?;
        if link.local.is_some() {
            // the process that ran it may have ended: the next sync finds or starts another
            self.drop_listener();
            return Some(Request::background(Cause::Reconnected));
        }
        let error = link.client.health().await.err()?;
        let told = self.view.set_status(|status| {
            status.state = State::Offline;
            status.message = format!("Offline: {error}");
        });
        if let Some(status) = told {
            let _ = self.events.send(Event::Status(status));
        }
        self.failures = self.failures.max(1);
        None
    }

    fn drop_listener(&mut self) {
        if let Some(listener) = self.listener.take() {
            listener.stop.cancel();
            listener.task.abort();
        }
    }
}

fn ended(answer: &SyncAnswer) -> String {
    match (&answer.error, answer.up_to_date) {
        (Some(error), _) => error.clone(),
        (None, true) => "Nothing new".to_owned(),
        (None, false) => format!(
            "{} objects, {} columns, {} deleted",
            answer.objects, answer.columns, answer.deleted
        ),
    }
}
