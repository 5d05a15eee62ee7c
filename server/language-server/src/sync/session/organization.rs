//! Which organization, where the user belongs to several and the settings name none: asked once, and
//! remembered with the copy.

use metasync_protocol::{connections::Organization, editor::OrganizationRef};
use uuid::Uuid;

use super::Session;
use crate::sync::{
    answer::SyncError,
    link::{Link, LinkError},
    memory::Memory,
    progress::{Event, Question},
};

impl Session {
    /// A hub that can be asked, in the organization of the settings or the user's choice.
    pub(super) async fn open_link(&mut self) -> Result<Link, LinkError> {
        let memory = self.cache.as_ref();
        let chosen = memory.and_then(|cache| Memory::of(&cache.lock()).chosen_organization());
        let opened = Link::open_alive(&self.settings.mode, chosen.as_ref(), &mut self.election).await;
        if let Err(error @ LinkError::Organizations(known)) = &opened {
            self.ask_for_organization(known, &error.to_string());
        }
        opened
    }

    fn ask_for_organization(&mut self, known: &[Organization], error: &str) {
        let Some(cache) = self.cache.clone() else { return };
        if !Memory::writing(&cache).ask_once(Question::Organization) {
            return;
        }
        // The question is the message: nothing more has to be told.
        self.told = Some(error.to_owned());
        let _ = self.events.send(Event::Ask {
            question: Question::Organization,
            message: "You belong to several organizations. Which one is this workspace's?".to_owned(),
            choices: known.iter().map(|o| (o.id, o.name.clone())).collect(),
        });
    }

    /// Remembers which organization the user chose; the next sync follows.
    pub fn choose_organization(&mut self, id: Uuid, name: &str) -> Result<(), SyncError> {
        let cache = self.open_cache()?;
        Memory::writing(&cache).choose_organization(&OrganizationRef {
            id: id.to_string(),
            name: name.to_owned(),
        })?;
        self.view.set_link(None);
        self.organization = None;
        self.connections.clear();
        Ok(())
    }
}
