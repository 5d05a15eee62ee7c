//! What one analysis leaves to the next one: the work that depends on single files.
//!
//! Every entry has a key made of all that it was computed from, so that a hit gives what computing it again would.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use super::units::Read;
use crate::dbt::manifest::Manifest;
use crate::dbt::properties::Properties;
use crate::jinja::calls::Call;
use crate::python::Module;
use crate::sql::lineage::{Trace, Write};

/// Kept between analyses of the same workspace by [`analyze_with`](crate::analyze_with), which then looks only at what
/// changed. It may be dropped at any time, and used for another workspace: the facts are the same, only slower.
#[derive(Debug, Default)]
pub struct Memo {
    /// SQL files by path and place.
    pub(super) reads: Table<(String, usize), Arc<Read>>,
    /// What the statements of a file make, by path and place.
    pub(super) flows: Table<(String, usize), Arc<Vec<Flow>>>,
    /// Calls in the Jinja of SQL, by path and place.
    pub(super) calls: Table<(String, usize), Arc<Vec<Call>>>,
    pub(super) properties: Table<String, Arc<Yaml>>,
    pub(super) python: Table<String, Arc<Module>>,
    /// Manifests of dbt by path.
    pub(super) manifests: Table<String, Arc<ReadManifest>>,
}

/// A manifest and a word of warning, or why it is none.
pub(super) type ReadManifest = Result<(Manifest, Option<String>), String>;

/// Entries of a YAML file, and what is wrong with it.
pub(super) type Yaml = (Vec<Properties>, Option<(u32, String)>);

/// What one statement makes, and what of the catalogue that depends on.
#[derive(Debug, Clone)]
pub(super) struct Flow {
    pub(super) trace: Trace,
    pub(super) writes: Vec<Write>,
}

/// Values by place, each with the key of what it was made from.
#[derive(Debug)]
pub(super) struct Table<P, V> {
    fresh: HashMap<P, (u64, V)>,
    /// Of the analysis before.
    stale: HashMap<P, (u64, V)>,
}

impl<P, V> Default for Table<P, V> {
    fn default() -> Self {
        Self {
            fresh: HashMap::new(),
            stale: HashMap::new(),
        }
    }
}

impl<P: Hash + Eq, V: Clone> Table<P, V> {
    pub(super) fn get(&mut self, place: P, key: u64) -> Option<V> {
        let (known, value) = self.stale.remove(&place)?;
        if known != key {
            return None;
        }
        self.fresh.insert(place, (known, value.clone()));
        Some(value)
    }

    pub(super) fn put(&mut self, place: P, key: u64, value: V) {
        self.fresh.insert(place, (key, value));
    }

    fn turn(&mut self) {
        self.stale = std::mem::take(&mut self.fresh);
    }
}

impl Memo {
    /// Begins an analysis: what it does not ask for is forgotten by the next one.
    pub(super) fn turn(&mut self) {
        self.reads.turn();
        self.flows.turn();
        self.calls.turn();
        self.properties.turn();
        self.python.turn();
        self.manifests.turn();
    }
}

/// The key of what something is made from.
pub(super) fn key_of(content: &(impl Hash + ?Sized)) -> u64 {
    let mut hasher = DefaultHasher::new();
    content.hash(&mut hasher);
    hasher.finish()
}
