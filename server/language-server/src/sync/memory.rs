//! What is remembered beside the rows of a cache: whose copy it is, which connections, what the
//! user chose, and when access was last confirmed.

use std::{ops::Deref, sync::Arc};

use metasync_cache::{Cache, CacheError};
use metasync_protocol::{connections::Connection, editor::OrganizationRef};
use parking_lot::{Mutex, MutexGuard};
use serde::{Serialize, de::DeserializeOwned};
use uuid::Uuid;

use super::progress::Question;
use crate::settings::Mode;

/// If access could not be confirmed for so many days, a copy is not served (sync-protocol.md,
/// "Client").
pub const MAX_OFFLINE_DAYS: i64 = 30;

const ORGANIZATION: &str = "organization";
const CONNECTIONS: &str = "connections";
const OWN: &str = "own_connections";
const SESSION: &str = "session_id";
const CHOSEN: &str = "chosen_connections";
const CHOSEN_ORGANIZATION: &str = "chosen_organization";
const ASKED: &str = "asked";
const ASKED_ORGANIZATION: &str = "asked_organization";
const CONFIRMED: &str = "confirmed_at";

/// The memory of a cache, for reading or (with a guard) for writing.
pub struct Memory<C> {
    cache: C,
}

impl<'a> Memory<&'a Cache> {
    /// For reading.
    pub fn of(cache: &'a Cache) -> Memory<&'a Cache> {
        Memory { cache }
    }
}

impl<C: Deref<Target = Cache>> Memory<C> {
    fn get<T: DeserializeOwned>(&self, key: &str) -> Option<T> {
        self.cache.get_meta(key).ok().flatten()
    }

    /// Whose copy it is.
    pub fn organization(&self) -> Option<OrganizationRef> {
        self.get(ORGANIZATION)
    }

    /// The connections of the last good sync.
    pub fn connections(&self) -> Vec<Connection> {
        self.get(CONNECTIONS).unwrap_or_default()
    }

    /// Those among them whose files are the workspace's own.
    pub fn own(&self) -> Vec<Uuid> {
        self.get(OWN).unwrap_or_default()
    }

    /// The session at the hub.
    pub fn session_id(&self) -> Option<Uuid> {
        self.get(SESSION)
    }

    /// The connections that the user chose.
    pub fn chosen(&self) -> Option<Vec<Uuid>> {
        self.get(CHOSEN)
    }

    /// The organization that the user chose, where several were theirs.
    pub fn chosen_organization(&self) -> Option<OrganizationRef> {
        self.get(CHOSEN_ORGANIZATION)
    }

    /// Whether the copy may be shown; in local mode it is one's own.
    pub fn may_serve(&self, mode: &Mode) -> bool {
        let hours = self.hours_since(CONFIRMED);
        *mode == Mode::Local || hours.is_none_or(|hours| hours <= MAX_OFFLINE_DAYS * 24)
    }

    fn hours_since(&self, key: &str) -> Option<i64> {
        let at: jiff::Timestamp = self.get::<String>(key)?.parse().ok()?;
        Some((jiff::Timestamp::now().as_second() - at.as_second()) / 3_600)
    }
}

impl<'a> Memory<MutexGuard<'a, Cache>> {
    /// For writing.
    pub fn writing(cache: &'a Arc<Mutex<Cache>>) -> Memory<MutexGuard<'a, Cache>> {
        Memory { cache: cache.lock() }
    }

    /// Writes only what is new: a sync without news leaves the file alone.
    fn set<T>(&mut self, key: &str, value: &T) -> Result<(), CacheError>
    where
        T: Serialize + DeserializeOwned + PartialEq,
    {
        if self.cache.get_meta::<T>(key)?.as_ref() == Some(value) {
            return Ok(());
        }
        self.cache.set_meta(key, value)
    }

    /// After a good sync. What can't be written is only logged: the rows are there.
    pub fn remember(
        &mut self,
        who: Option<&OrganizationRef>,
        connections: &[Connection],
        own: &[Uuid],
        session: Option<Uuid>,
    ) {
        // to the hour, so that a sync without news writes nothing
        let second = jiff::Timestamp::now().as_second();
        let hour = jiff::Timestamp::from_second(second - second % 3_600)
            .unwrap_or_default()
            .to_string();
        let written = self
            .set(ORGANIZATION, &who.cloned())
            .and_then(|()| self.name_connections(connections))
            .and_then(|()| self.set(OWN, &own.to_vec()))
            .and_then(|()| self.set(SESSION, &session))
            .and_then(|()| self.set(CONFIRMED, &hour));
        if let Err(error) = written {
            tracing::warn!(%error, "what the cache is of could not be noted");
        }
    }

    fn name_connections(&mut self, connections: &[Connection]) -> Result<(), CacheError> {
        if self.connections() == connections {
            return Ok(());
        }
        self.cache.set_connections(connections)?;
        self.cache.set_meta(CONNECTIONS, connections)
    }

    /// The user chose.
    pub fn choose(&mut self, ids: &[Uuid]) -> Result<(), CacheError> {
        self.set(CHOSEN, &ids.to_vec())
    }

    /// The user chose an organization.
    pub fn choose_organization(&mut self, organization: &OrganizationRef) -> Result<(), CacheError> {
        self.set(CHOSEN_ORGANIZATION, organization)
    }

    /// Whether the user was not asked this yet; from now on they were.
    pub fn ask_once(&mut self, question: Question) -> bool {
        let key = match question {
            Question::Connections => ASKED,
            Question::Organization => ASKED_ORGANIZATION,
        };
        let first = self.get::<bool>(key) != Some(true);
        first && self.set(key, &true).is_ok()
    }
}
