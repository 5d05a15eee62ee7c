//! What names in Python files stand for, across the files of a workspace.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::imports::within;
use super::module::{Class, Function, Item, Module, Scope};

/// How long a chain of imports, aliases and base classes may be.
const MAX_CHAIN: usize = 24;

/// The Python files that are read, by path.
#[derive(Debug, Default)]
pub(crate) struct Modules {
    pub(crate) read: BTreeMap<String, Arc<Module>>,
    /// All Python files of the workspace.
    pub(crate) paths: BTreeSet<String>,
}

/// What a name stands for.
#[derive(Debug, Clone)]
pub(crate) enum Found<'m> {
    Function(&'m Function),
    /// The file that defines it, and the class.
    Class(&'m str, &'m Class),
    Module(&'m str),
    /// Something of a package that is no part of the workspace, by its dotted name.
    External(String),
    Nothing,
}

impl Modules {
    /// The file of a module that `from` imports.
    pub(crate) fn file(&self, from: &str, level: u32, module: &str) -> Option<&str> {
        let mut folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
        let inside = module.replace('.', "/");
        if level > 0 {
            for _ in 1..level {
                folder = folder.rsplit_once('/').map_or("", |(folder, _)| folder);
            }
            return self.at(folder, &inside);
        }
        // pytest puts the folders of tests and the root on the path; `src` is where packages often are.
        loop {
            let found = self
                .at(folder, &inside)
                .or_else(|| self.at(&join(folder, "src"), &inside));
            if found.is_some() || folder.is_empty() {
                return found;
            }
            folder = folder.rsplit_once('/').map_or("", |(folder, _)| folder);
        }
    }

    fn at(&self, folder: &str, inside: &str) -> Option<&str> {
        let base = join(folder, inside);
        let base = base.trim_end_matches('/');
        [format!("{base}.py"), format!("{base}/__init__.py")]
            .iter()
            .find_map(|path| self.paths.get(path.trim_start_matches('/')))
            .map(String::as_str)
    }

    /// What a dotted name of a file stands for.
    pub(crate) fn resolve<'m>(&'m self, path: &'m str, name: &str) -> Found<'m> {
        self.dotted(path, name, MAX_CHAIN)
    }

    fn dotted<'m>(&'m self, path: &'m str, name: &str, left: usize) -> Found<'m> {
        let Some(left) = left.checked_sub(1) else {
            return Found::Nothing;
        };
        let (first, rest) = name
            .split_once('.')
            .map_or((name, None), |(first, rest)| (first, Some(rest)));
        let found = self.one(path, first, left);
        let Some(rest) = rest else { return found };
        match found {
            Found::External(known) => Found::External(format!("{known}.{rest}")),
            Found::Module(file) => match self.dotted(file, rest, left) {
                Found::Nothing => {
                    let (next, after) = rest.split_once('.').unwrap_or((rest, ""));
                    let folder = file.trim_end_matches("__init__.py").trim_end_matches('/');
                    match self.at(folder, next) {
                        Some(file) if after.is_empty() => Found::Module(file),
                        Some(file) => self.dotted(file, after, left),
                        None => Found::Nothing,
                    }
                }
                found => found,
            },
            Found::Class(file, class) => self.member(file, class, rest, left),
            _ => Found::Nothing,
        }
    }

    fn one<'m>(&'m self, path: &'m str, name: &str, left: usize) -> Found<'m> {
        let Some(module) = self.read.get(path) else {
            return Found::Nothing;
        };
        match module.scope.get(name) {
            Some(item) => self.item(path, item, left),
            None => {
                for (level, from) in &module.scope.stars {
                    if let Some(file) = self.file(path, *level, from) {
                        let found = self.dotted(file, name, left);
                        if !matches!(found, Found::Nothing) {
                            return found;
                        }
                    }
                }
                // Built in, or out of a star of another package.
                if name.starts_with(char::is_uppercase) || matches!(name, "object" | "dict" | "list" | "str")
                {
                    return Found::External(name.to_owned());
                }
                Found::Nothing
            }
        }
    }

    fn item<'m>(&'m self, path: &'m str, item: &'m Item, left: usize) -> Found<'m> {
        match item {
            Item::Function(function) => Found::Function(function),
            Item::Class(class) => Found::Class(path, class),
            Item::From(level, from, name) => match self.file(path, *level, from) {
                Some(file) => match self.dotted(file, name, left) {
                    Found::Nothing => self
                        .file(path, *level, &within(from, name))
                        .map_or(Found::Nothing, Found::Module),
                    found => found,
                },
                None => match self.file(path, *level, &within(from, name)) {
                    Some(file) => Found::Module(file),
                    None => Found::External(format!("{from}.{name}")),
                },
            },
            Item::Module(name) => match self.file(path, 0, name) {
                Some(file) => Found::Module(file),
                None => Found::External(name.clone()),
            },
            Item::Alias(name) => self.dotted(path, name, left),
            Item::Other => Found::Nothing,
        }
    }

    fn member<'m>(&'m self, path: &'m str, class: &'m Class, name: &str, left: usize) -> Found<'m> {
        let (first, rest) = name
            .split_once('.')
            .map_or((name, None), |(first, rest)| (first, Some(rest)));
        match (class.scope.get(first), rest) {
            (Some(Item::Class(inner)), Some(rest)) => self.member(path, inner, rest, left),
            (Some(item), None) => self.item(path, item, left),
            _ => Found::Nothing,
        }
    }

    /// What an item of a class stands for; aliases name the class's own things first.
    pub(crate) fn class_item<'m>(&'m self, path: &'m str, scope: &'m Scope, item: &'m Item) -> Found<'m> {
        if let Item::Alias(name) = item
            && let Some(own @ (Item::Function(_) | Item::Class(_))) = scope.get(name)
        {
            return self.item(path, own, MAX_CHAIN);
        }
        self.item(path, item, MAX_CHAIN)
    }

    /// A class and all that it inherits from, itself first; and the names of foreign classes among them.
    pub(crate) fn ancestors<'m>(
        &'m self,
        path: &'m str,
        class: &'m Class,
    ) -> (Vec<(&'m str, &'m Class)>, Vec<String>) {
        let mut known: Vec<(&str, &Class)> = Vec::new();
        let mut foreign = Vec::new();
        let mut stack = vec![(path, class, 0)];
        while let Some((path, class, depth)) = stack.pop() {
            if depth > MAX_CHAIN || known.iter().any(|(_, seen)| std::ptr::eq(*seen, class)) {
                continue;
            }
            known.push((path, class));
            for base in class.bases.iter().rev() {
                match self.resolve(path, base) {
                    Found::Class(path, class) => stack.push((path, class, depth + 1)),
                    Found::External(name) => foreign.push(name),
                    _ => foreign.push(base.clone()),
                }
            }
        }
        (known, foreign)
    }
}

fn join(folder: &str, inside: &str) -> String {
    match (folder, inside) {
        ("", inside) => inside.to_owned(),
        (folder, "") => folder.to_owned(),
        (folder, inside) => format!("{folder}/{inside}"),
    }
}
