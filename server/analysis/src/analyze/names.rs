//! Which names each file gives and asks for: what has to be analysed again when another file changes.
//!
//! A name counts by its last part, in lower case and without a version: so it tells too often that two files have to do
//! with each other, and never too seldom.

use std::collections::{BTreeMap, BTreeSet};

use crate::sql::lineage::TableSchema;

/// What one file has to do with names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Footprint {
    /// Names of what it defines, fills or describes.
    pub provides: BTreeSet<String>,
    /// Names that its facts depend on, whoever defines them.
    pub needs: BTreeSet<String>,
    /// What it leaves in the catalogue of columns for those who read it.
    pub exports: Vec<Export>,
}

/// The columns of a relation as its readers see them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Export {
    /// Its name among the relations of a workspace.
    pub name: String,
    /// Names, with types where they are known.
    pub columns: Vec<(String, Option<String>)>,
    /// Whether these are all.
    pub complete: bool,
}

impl Export {
    /// The name by which footprints know it.
    pub fn key(&self) -> String {
        key(&self.name)
    }
}

/// The name by which footprints know a name: its last part, lower case, without a version.
pub fn key(name: &str) -> String {
    let last = name.rsplit(['.', ':']).next().unwrap_or(name).to_lowercase();
    match last.rsplit_once("_v") {
        Some((base, version))
            if !base.is_empty()
                && (1..=2).contains(&version.len())
                && version.bytes().all(|b| b.is_ascii_digit()) =>
        {
            base.to_owned()
        }
        _ => last,
    }
}

/// Notes names while facts are put together.
#[derive(Debug, Default)]
pub(crate) struct Names {
    files: BTreeMap<String, Footprint>,
    /// The last word on each relation by its name in lower case: whose it was, and the name as it was given first.
    exports: BTreeMap<String, (String, String, TableSchema)>,
}

impl Names {
    pub(crate) fn provides(&mut self, path: &str, name: &str) {
        self.note(path, name, |footprint| &mut footprint.provides);
    }

    pub(crate) fn needs(&mut self, path: &str, name: &str) {
        self.note(path, name, |footprint| &mut footprint.needs);
    }

    pub(crate) fn exports(&mut self, path: &str, name: &str, schema: &TableSchema) {
        self.provides(path, name);
        let first = self.exports.remove(&name.to_lowercase());
        let shown = first.map_or_else(|| name.to_owned(), |(_, shown, _)| shown);
        self.exports
            .insert(name.to_lowercase(), (path.to_owned(), shown, schema.clone()));
    }

    /// The relation is gone: nobody sees columns of it any more.
    pub(crate) fn forgets(&mut self, path: &str, name: &str) {
        self.provides(path, name);
        self.exports.remove(&name.to_lowercase());
    }

    fn note(&mut self, path: &str, name: &str, list: fn(&mut Footprint) -> &mut BTreeSet<String>) {
        if path.is_empty() || name.is_empty() {
            return;
        }
        if !self.files.contains_key(path) {
            self.files.insert(path.to_owned(), Footprint::default());
        }
        if let Some(footprint) = self.files.get_mut(path) {
            list(footprint).insert(key(name));
        }
    }

    /// The footprints of all files that have one.
    pub(crate) fn finish(self) -> BTreeMap<String, Footprint> {
        let mut files = self.files;
        for (path, name, schema) in self.exports.into_values() {
            if let Some(footprint) = files.get_mut(&path) {
                footprint.exports.push(Export {
                    name,
                    columns: schema.columns,
                    complete: schema.complete,
                });
            }
        }
        files
    }
}

#[cfg(test)]
mod tests {
    use super::key;

    #[test]
    fn a_name_counts_by_its_last_part() {
        for (name, expected) in [
            ("orders", "orders"),
            ("raw.Orders", "orders"),
            ("model:shop.orders_v2", "orders"),
            ("table:t", "t"),
            ("a_v123", "a_v123"),
            ("_v1", "_v1"),
        ] {
            assert_eq!(key(name), expected);
        }
    }
}
