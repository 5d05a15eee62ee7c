//! What a Python file defines, as far as tests are concerned.

use crate::Span;

/// A file.
#[derive(Debug, Default)]
pub(crate) struct Module {
    pub(crate) scope: Scope,
    /// Lines and messages of what is no Python.
    pub(crate) errors: Vec<(u32, String)>,
    /// Whether it skips itself as a whole: `pytest.skip(…, allow_module_level=True)`.
    pub(crate) is_skipped: bool,
}

/// The names of a module or class, each once, in the order of their first definition.
#[derive(Debug, Default)]
pub(crate) struct Scope {
    pub(crate) items: Vec<(String, Item)>,
    /// `from x import *`.
    pub(crate) stars: Vec<(u32, String)>,
    /// `__test__ = …`
    pub(crate) test: Option<bool>,
    /// Lists of texts: `__all__`, `collect_ignore`, `collect_ignore_glob`.
    pub(crate) lists: Vec<(String, Vec<String>)>,
    /// `pytestmark`
    pub(crate) marks: Vec<Mark>,
}

/// What a name stands for.
#[derive(Debug)]
pub(crate) enum Item {
    Function(Box<Function>),
    Class(Box<Class>),
    /// `from .module import name`: how many dots, the module, the name there.
    From(u32, String, String),
    /// `import a.b as name`
    Module(String),
    /// Another name for something: `a = b.c`.
    Alias(String),
    /// Anything that is neither function nor class.
    Other,
}

/// A function or method.
#[derive(Debug, Default)]
pub(crate) struct Function {
    pub(crate) about: About,
    pub(crate) is_async: bool,
    /// Its arguments without a default.
    pub(crate) arguments: Vec<String>,
    /// Texts in its body, each once.
    pub(crate) texts: Vec<String>,
    pub(crate) is_fixture: bool,
    pub(crate) is_property: bool,
}

/// A class.
#[derive(Debug, Default)]
pub(crate) struct Class {
    pub(crate) about: About,
    /// Dotted names.
    pub(crate) bases: Vec<String>,
    pub(crate) scope: Scope,
    /// Whether a decorator makes an `__init__`.
    pub(crate) is_dataclass: bool,
}

/// What functions and classes have in common.
#[derive(Debug, Default)]
pub(crate) struct About {
    /// First and last line, from 1; the first one is that of `def` or `class`.
    pub(crate) lines: (u32, u32),
    pub(crate) name: Span,
    pub(crate) range: Span,
    pub(crate) doc: Option<String>,
    pub(crate) marks: Vec<Mark>,
    /// `f.__test__ = …`
    pub(crate) test: Option<bool>,
}

/// `pytest.mark.x(…)`
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) name: String,
    /// Of `parametrize`: the arguments that it gives, and how many cases, where that can be counted.
    pub(crate) parametrize: Option<(Vec<String>, Option<usize>)>,
    /// Texts that it is given: of `usefixtures` the fixtures.
    pub(crate) texts: Vec<String>,
    /// With arguments: as it is written, on one line.
    pub(crate) written: Option<String>,
}

impl Scope {
    pub(crate) fn get(&self, name: &str) -> Option<&Item> {
        self.items
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, item)| item)
    }

    /// A later definition replaces an earlier one at its place.
    pub(crate) fn set(&mut self, name: &str, item: Item) {
        match self.items.iter_mut().find(|(known, _)| known == name) {
            Some((_, known)) => *known = item,
            None => self.items.push((name.to_owned(), item)),
        }
    }

    pub(crate) fn list(&self, name: &str) -> Option<&[String]> {
        self.lists
            .iter()
            .rev()
            .find(|(known, _)| known == name)
            .map(|(_, list)| list.as_slice())
    }
}
