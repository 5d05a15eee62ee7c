//! Which connections the workspace uses, and the session that the hub knows it by.

use metasync_protocol::{connections::Connection, editor::ConnectionsAnswer, sessions::RegisterSession};
use uuid::Uuid;

use super::Session;
use crate::sync::{
    answer::SyncError,
    link::Link,
    matching::{self, Matched},
    memory::Memory,
    progress::{Event, Question},
};

impl Session {
    pub(super) async fn choose_connections(&mut self, link: &Link) -> Result<(), SyncError> {
        let answer = link
            .client
            .match_workspace(&link.organization, &self.found.identity.identifier)
            .await?;
        let chosen = self
            .cache
            .as_ref()
            .and_then(|cache| Memory::of(&cache.lock()).chosen());
        let matched = match link.local {
            Some(local) => {
                let all = answer
                    .matched_connections
                    .iter()
                    .chain(&answer.suggested_connections);
                let mine = all.chain(&answer.other_connections).filter(|c| c.id == local);
                Matched::Use(mine.cloned().collect())
            }
            None => {
                let named = &self.settings.connections;
                matching::decide(&answer, chosen.as_deref(), named, self.settings.sources)
            }
        };
        self.connections = match matched {
            Matched::Use(connections) => connections,
            Matched::Offer(suggested) => {
                self.ask_once(&suggested);
                Vec::new()
            }
            Matched::Nothing => Vec::new(),
        };
        self.view.set_own(match link.local {
            Some(local) => vec![local],
            None => matching::own(&answer, &self.connections),
        });
        self.matched = Some(answer);
        Ok(())
    }

    /// Asks which connection to use, once.
    fn ask_once(&mut self, suggested: &[Connection]) {
        let Some(cache) = self.cache.clone() else { return };
        if !Memory::writing(&cache).ask_once(Question::Connections) {
            return;
        }
        let choices = suggested.iter().map(|c| (c.id, c.full_name.clone())).collect();
        let _ = self.events.send(Event::Ask {
            question: Question::Connections,
            message: format!(
                "No connection is exactly {:?}. Use one of these for this workspace?",
                self.found.identity.identifier
            ),
            choices,
        });
    }

    /// The answer of `metasync.selectConnections`.
    pub async fn connection_choices(&mut self) -> Result<ConnectionsAnswer, SyncError> {
        let link = match self.view.link() {
            Some(link) => link,
            None => self.open_link().await?,
        };
        let answer = link
            .client
            .match_workspace(&link.organization, &self.found.identity.identifier)
            .await?;
        let selected: Vec<Uuid> = self.connections.iter().map(|c| c.id).collect();
        let choices = matching::choices(&answer, &selected);
        self.matched = Some(answer);
        self.view.set_link(Some(link));
        Ok(choices)
    }

    /// Remembers which connections the user chose; the next sync follows.
    pub fn choose(&mut self, ids: &[Uuid]) -> Result<(), SyncError> {
        let cache = self.open_cache()?;
        Memory::writing(&cache).choose(ids)?;
        self.connections.clear();
        Ok(())
    }

    pub(super) async fn register(&mut self, link: &Link) -> Result<(), SyncError> {
        let ids: Vec<Uuid> = self.connections.iter().map(|c| c.id).collect();
        if self.session_id.is_some() && self.registered == ids {
            return Ok(());
        }
        let session = RegisterSession {
            workspace_identifier: self.found.identity.identifier.clone(),
            workspace_hash: Some(self.found.identity.hash.clone()),
            ide_version: Some(env!("CARGO_PKG_VERSION").to_owned()),
            sync_mode: Some(metasync_protocol::sessions::DEFAULT_SYNC_MODE.to_owned()),
            connection_ids: Some(ids.clone()),
            client_id: None,
        };
        let registered = link.client.register_session(&link.organization, &session).await?;
        self.session_id = Some(registered.session_id);
        self.registered = ids;
        Ok(())
    }
}
