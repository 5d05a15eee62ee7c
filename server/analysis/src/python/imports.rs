//! What the tests of a file take from other files: base classes, tests and aliases that are imported.
//!
//! For a change to be followed, a file is known by the last part of its module's name, and by the last two:
//! whatever imports `a.b.base` finds `b/base.py` or `b/base/__init__.py` somewhere, wherever a search for it begins.

use std::collections::{BTreeMap, BTreeSet};

use super::module::{Item, Scope};
use super::names::Modules;

/// Stands before the names of modules among the names of a footprint; no relation is called so.
const MODULE: &str = "py/";

/// The name by which footprints know pytest's configuration.
pub const PYTEST_CONFIGURATION: &str = "py/*";

/// The names by which footprints know a Python file as a module; none for what can't be imported.
pub fn module_names(path: &str) -> Vec<String> {
    let Some(path) = path.strip_suffix(".py") else {
        return Vec::new();
    };
    let parts: Vec<&str> = path
        .strip_suffix("/__init__")
        .unwrap_or(path)
        .split('/')
        .collect();
    let last = parts.last().map(|last| named(last));
    let last_two = parts.last_chunk().map(|[folder, last]| in_folder(folder, last));
    last.into_iter().chain(last_two).collect()
}

/// Whether a name of a footprint is a module's, or that of pytest's configuration.
pub fn is_module_name(name: &str) -> bool {
    name.starts_with(MODULE)
}

fn named(last: &str) -> String {
    format!("{MODULE}{last}")
}

fn in_folder(folder: &str, last: &str) -> String {
    format!("{MODULE}{folder}/{last}")
}

/// What the classes and aliases of a file are made of, which tells the imports that matter for tests.
pub(crate) struct Used<'m> {
    /// Dotted names of base classes, and what aliases stand for.
    dotted: Vec<&'m str>,
    /// Their first parts.
    first: BTreeSet<&'m str>,
}

impl<'m> Used<'m> {
    pub(crate) fn by(scope: &'m Scope) -> Self {
        let mut names = Vec::new();
        for (_, item) in &scope.items {
            dotted(item, &mut names);
        }
        let first = names.iter().filter_map(|name| name.split('.').next()).collect();
        Used { dotted: names, first }
    }

    /// Whether what a name stands for may be a test, or what one is made of: classes begin with a capital
    /// letter, and functions matter when they are tests.
    pub(crate) fn takes(&self, bound: &str, item: &Item) -> bool {
        let may_be =
            |name: &str| name.starts_with(|c: char| c.is_uppercase() || c == '_') || name.contains("test");
        match item {
            Item::From(_, _, name) => may_be(bound) || may_be(name) || self.first.contains(bound),
            Item::Module(_) => self.first.contains(bound),
            _ => true,
        }
    }
}

/// What a file imports, as far as it matters for tests.
#[derive(Default)]
struct Imports<'m> {
    /// How many dots, and the module.
    modules: Vec<(u32, String)>,
    /// Names that may be modules as well.
    names: BTreeSet<&'m str>,
}

impl Modules {
    /// The files whose content matters for the names of a file that was read, and that are not read yet.
    pub(crate) fn needs(&self, path: &str) -> Vec<String> {
        let files = self.imported(path, &self.imports(path));
        let open = files.into_iter().filter(|file| !self.read.contains_key(*file));
        open.map(str::to_owned).collect()
    }

    /// The modules that each of these files asks for, itself or by what it imports, as footprints name them.
    pub(crate) fn asks<'m>(&'m self, paths: &[&'m str]) -> BTreeMap<&'m str, BTreeSet<String>> {
        let mut direct: BTreeMap<&str, (BTreeSet<String>, Vec<&str>)> = BTreeMap::new();
        let mut asked = BTreeMap::new();
        for path in paths {
            let mut names = BTreeSet::new();
            let (mut seen, mut open) = (BTreeSet::from([*path]), vec![*path]);
            while let Some(file) = open.pop() {
                let (own, files) = direct.entry(file).or_insert_with(|| {
                    let imports = self.imports(file);
                    (imports.asked(file), self.imported(file, &imports))
                });
                names.extend(own.iter().cloned());
                open.extend(files.iter().filter(|file| seen.insert(**file)));
            }
            asked.insert(*path, names);
        }
        asked
    }

    fn imports(&self, path: &str) -> Imports<'_> {
        let Some(module) = self.read.get(path) else {
            return Imports::default();
        };
        let scope = &module.scope;
        let used = Used::by(scope);
        let mut imports = Imports::default();
        for (level, from) in &scope.stars {
            imports.modules.push((*level, from.clone()));
        }
        for (bound, item) in scope.items.iter().filter(|(bound, item)| used.takes(bound, item)) {
            let (level, module) = match item {
                Item::From(level, from, name) => {
                    imports.modules.push((*level, from.clone()));
                    imports.names.insert(name);
                    (*level, within(from, name))
                }
                Item::Module(name) => (0, name.clone()),
                _ => continue,
            };
            // `module.inner.Base`: what lies between may be modules
            let parts = used
                .dotted
                .iter()
                .filter_map(|dotted| dotted.strip_prefix(bound.as_str())?.strip_prefix('.'));
            for part in parts {
                imports.names.extend(part.split('.'));
                let ends = part.match_indices('.').map(|(at, _)| at).chain([part.len()]);
                imports
                    .modules
                    .extend(ends.map(|end| (level, within(&module, &part[..end]))));
            }
            imports.modules.push((level, module));
        }
        imports
    }

    fn imported(&self, path: &str, imports: &Imports<'_>) -> Vec<&str> {
        let modules = imports.modules.iter();
        modules
            .filter_map(|(level, module)| self.file(path, *level, module))
            .collect()
    }
}

impl Imports<'_> {
    /// The ends of all that may be a module, as footprints name them.
    fn asked(&self, path: &str) -> BTreeSet<String> {
        let folders: Vec<&str> = path.split('/').collect();
        let names = self.names.iter().map(|name| named(name));
        let modules = self.modules.iter().map(|(level, module)| {
            // where dots begin is known; where `a.b` is searched for is not
            let above = usize::try_from(*level).unwrap_or(usize::MAX);
            let above = if above == 0 { folders.len() } else { above };
            let from = &folders[..folders.len().saturating_sub(above)];
            let parts: Vec<&str> = from
                .iter()
                .copied()
                .chain(module.split('.').filter(|part| !part.is_empty()))
                .collect();
            match parts.as_slice() {
                [.., folder, last] => in_folder(folder, last),
                [last] => named(last),
                // the package itself of a file that is in none
                [] => named("__init__"),
            }
        });
        names.chain(modules).collect()
    }
}

/// A name in a module.
pub(crate) fn within(module: &str, name: &str) -> String {
    match module {
        "" => name.to_owned(),
        module => format!("{module}.{name}"),
    }
}

/// The base classes of a class and of those in it, or what an alias stands for.
fn dotted<'m>(item: &'m Item, names: &mut Vec<&'m str>) {
    match item {
        Item::Class(class) => {
            names.extend(class.bases.iter().map(String::as_str));
            for (_, item) in &class.scope.items {
                dotted(item, names);
            }
        }
        Item::Alias(name) => names.push(name),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::python::read;

    fn asks(files: &[(&str, &str)], path: &'static str) -> Vec<String> {
        let modules = Modules {
            read: files
                .iter()
                .map(|(path, text)| ((*path).to_owned(), std::sync::Arc::new(read(text))))
                .collect(),
            paths: files.iter().map(|(path, _)| (*path).to_owned()).collect(),
        };
        let mut asked = modules.asks(&[path]);
        asked.remove(path).unwrap_or_default().into_iter().collect()
    }

    #[test]
    fn modules_are_known_by_the_ends_of_their_names() {
        for (path, names) in [
            ("x/a/b.py", &["py/b", "py/a/b"][..]),
            ("x/a/b/__init__.py", &["py/b", "py/a/b"]),
            ("conftest.py", &["py/conftest"]),
            ("__init__.py", &["py/__init__"]),
            ("a/b.pyi", &[]),
        ] {
            assert_eq!(module_names(path), names, "{path}");
        }
    }

    #[test]
    fn a_file_asks_for_what_its_imports_ask_for() {
        let files = [
            (
                "tests/test_a.py",
                "from unittest import mock\nfrom .base import Base\nimport os\nclass TestA(Base): pass\n",
            ),
            (
                "tests/base.py",
                "from . import deep\nimport lib.more as more\nclass Base(deep.Deep, more.inner.More): pass\n",
            ),
            ("tests/deep.py", "from shared import *\nclass Deep: pass\n"),
            ("tests/other.py", "from shop import Thing\n"),
        ];
        assert_eq!(
            asks(&files, "tests/test_a.py"),
            [
                "py/Base",
                "py/Deep",
                "py/More",
                "py/base/Base",
                "py/deep",
                "py/deep/Deep",
                "py/inner",
                "py/inner/More",
                "py/lib/more",
                "py/more/inner",
                "py/shared",
                "py/tests",
                "py/tests/base",
                "py/tests/deep",
            ]
        );
    }
}
