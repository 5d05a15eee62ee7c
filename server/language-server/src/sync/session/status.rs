//! What the session tells: status, history, and what the user should read.

use metasync_protocol::editor::{ConnectionRef, State, SyncAnswer};

use super::Session;
use crate::{
    settings::Mode,
    sync::{answer, cause::Cause, progress::Event},
};

impl Session {
    pub(super) fn note(&mut self, answer: &SyncAnswer, cause: Cause, started_at: String) {
        // a poll that found nothing is no news
        if answer.up_to_date && matches!(cause, Cause::Timer | Cause::Push) {
            return;
        }
        if let Some(cache) = &self.cache
            && let Err(error) = cache
                .lock()
                .record_run(&answer::history(answer, cause, started_at))
        {
            tracing::warn!(%error, "the sync is missing in the history");
        }
    }

    pub(super) fn good_words(&self) -> String {
        match (&self.settings.mode, self.connections.as_slice()) {
            (Mode::Local, _) => "Up to date with this folder".to_owned(),
            (Mode::Folder(folder), _) => {
                format!("Up to date with the catalogue published at {}", folder.shown())
            }
            (_, []) => "No connection of the organization matches this workspace; run \"Select Connections\""
                .to_owned(),
            (_, connections) => {
                let names: Vec<&str> = connections.iter().map(|c| c.name.as_str()).collect();
                format!("Up to date: {}", names.join(", "))
            }
        }
    }

    pub(super) fn tell_once(&mut self, message: &str) {
        if self.told.as_deref() != Some(message) {
            self.told = Some(message.to_owned());
            let _ = self.events.send(Event::Tell {
                error: true,
                message: message.to_owned(),
            });
        }
    }

    pub(super) fn refresh_status(&self, state: State, message: &str) {
        let counts = self.counts();
        let of_ours = || self.view.link().map(|link| link.client.base_url().to_owned());
        let hub = self.settings.mode.address().or_else(of_ours);
        let message = self.broken.as_deref().unwrap_or(message);
        let told = self.view.set_status(|status| {
            status.state = state;
            status.message = message.to_owned();
            if state == State::Syncing {
                status.next_sync_at = None;
            }
            status.organization = self.organization.clone();
            status.connections = self
                .connections
                .iter()
                .map(|c| ConnectionRef {
                    id: c.id,
                    name: c.name.clone(),
                })
                .collect();
            if let Some((objects, last_sync_at)) = counts {
                status.objects = objects;
                status.last_sync_at = last_sync_at;
            }
            status.hub = hub;
            status.cache = Some(self.places.cache().display().to_string());
            status.session_id = self.session_id;
        });
        if let Some(status) = told {
            let _ = self.events.send(Event::Status(status));
        }
    }

    /// Objects in the cache, and when it last changed. Counted again only where the cache moved, by
    /// whichever process: a sync without news costs the same at any size.
    fn counts(&self) -> Option<(u64, Option<String>)> {
        let moved = self.view.ask(metasync_cache::Reader::last_sync_at)?;
        let mut counted = self.counted.lock();
        if let Some((at, objects)) = &*counted
            && *at == moved
            && moved.is_some()
        {
            return Some((*objects, moved));
        }
        let objects = self.view.ask(metasync_cache::Reader::object_count)?;
        *counted = Some((moved.clone(), objects));
        Some((objects, moved))
    }
}
