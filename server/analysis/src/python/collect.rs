//! Tests as pytest would list them, by their node ids at function level.

use std::collections::BTreeSet;

use super::config::Config;
use super::imports::Used;
use super::module::{About, Class, Function, Item, Mark};
use super::names::{Found, Modules};
use super::patterns::name_fits;

/// How deep classes may be nested.
const MAX_NESTING: usize = 20;

/// A test.
#[derive(Debug)]
pub(crate) struct Test<'m> {
    /// Classes and function, joined by `::`.
    pub(crate) inside: String,
    pub(crate) name: String,
    pub(crate) function: &'m Function,
    /// What stands in the test's own file: the function, or the class that inherits it.
    pub(crate) place: Option<&'m About>,
    /// Of the module and classes around it.
    pub(crate) marks: Vec<&'m Mark>,
    /// Whether it belongs to a `unittest.TestCase`, whose functions use no fixtures by argument.
    pub(crate) is_unittest: bool,
    /// Whether it is listed where it is written: not inherited, imported, or under another name.
    pub(crate) is_own: bool,
}

/// Foreign classes that cannot be test classes because they have a constructor, by the end of their names.
const WITH_CONSTRUCTOR: [&str; 20] = [
    "Error",
    "Exception",
    "Warning",
    "Enum",
    "Flag",
    "NamedTuple",
    "TypedDict",
    "BaseModel",
    "Model",
    "Thread",
    "Process",
    "dict",
    "list",
    "str",
    "tuple",
    "set",
    "int",
    "UserDict",
    "OrderedDict",
    "Handler",
];

/// The tests of a file.
pub(crate) fn tests<'m>(modules: &'m Modules, path: &'m str, config: &Config) -> Vec<Test<'m>> {
    let mut out = Collector {
        modules,
        config,
        path,
        found: Vec::new(),
    };
    let Some(module) = modules.read.get(path) else {
        return Vec::new();
    };
    if module.is_skipped || module.scope.test == Some(false) {
        return Vec::new();
    }
    let marks: Vec<&Mark> = module.scope.marks.iter().collect();
    let used = Used::by(&module.scope);
    let items = module.scope.items.iter();
    let taken = items.filter(|(name, item)| used.takes(name, item));
    let mut names: Vec<&str> = taken.map(|(name, _)| name.as_str()).collect();
    let mut seen = BTreeSet::new();
    out.stars(path, &mut names, &mut seen);
    let mut seen = BTreeSet::new();
    names.retain(|name| seen.insert(*name));
    for name in names {
        match modules.resolve(path, name) {
            Found::Function(function) => {
                let place = out.is_here(function).then_some(&function.about);
                let is_own = matches!(module.scope.get(name), Some(Item::Function(_)));
                out.function("", name, (function, is_own), place, &marks);
            }
            Found::Class(file, class) => {
                let place = (file == path).then_some(&class.about);
                let is_own = matches!(module.scope.get(name), Some(Item::Class(_)));
                out.class("", name, (file, class, is_own), place, &marks, 0);
            }
            _ => {}
        }
    }
    out.found
}

struct Collector<'m, 'c> {
    modules: &'m Modules,
    config: &'c Config,
    path: &'m str,
    found: Vec<Test<'m>>,
}

impl<'m> Collector<'m, '_> {
    /// The names that stars bring in.
    fn stars(&self, path: &'m str, names: &mut Vec<&'m str>, seen: &mut BTreeSet<&'m str>) {
        let Some(module) = self.modules.read.get(path) else {
            return;
        };
        for (level, from) in &module.scope.stars {
            let Some(file) = self.modules.file(path, *level, from) else {
                continue;
            };
            let Some(starred) = self.modules.read.get(file) else {
                continue;
            };
            if !seen.insert(file) {
                continue;
            }
            match starred.scope.list("__all__") {
                Some(list) => names.extend(list.iter().map(String::as_str)),
                None => {
                    let public = starred.scope.items.iter().map(|(name, _)| name.as_str());
                    names.extend(public.filter(|name| !name.starts_with('_')));
                    self.stars(file, names, seen);
                }
            }
        }
    }

    /// Whether a function is defined in this file, on its top level.
    fn is_here(&self, function: &Function) -> bool {
        self.modules.read.get(self.path).is_some_and(|module| {
            module.scope.items.iter().any(
                |(_, item)| matches!(item, Item::Function(own) if std::ptr::eq::<Function>(&**own, function)),
            )
        })
    }

    fn function(
        &mut self,
        around: &str,
        name: &str,
        (function, is_own): (&'m Function, bool),
        place: Option<&'m About>,
        marks: &[&'m Mark],
    ) {
        let fits = name_fits(&self.config.functions, name) || function.about.test == Some(true);
        if fits && function.about.test != Some(false) && !function.is_fixture && !function.is_property {
            self.add(around, name, (function, is_own), place, marks, false);
        }
    }

    fn add(
        &mut self,
        around: &str,
        name: &str,
        (function, is_own): (&'m Function, bool),
        place: Option<&'m About>,
        marks: &[&'m Mark],
        is_unittest: bool,
    ) {
        let inside = if around.is_empty() {
            name.to_owned()
        } else {
            format!("{around}::{name}")
        };
        self.found.push(Test {
            inside,
            name: name.to_owned(),
            function,
            place,
            marks: marks.to_vec(),
            is_unittest,
            is_own,
        });
    }

    fn class(
        &mut self,
        around: &str,
        name: &str,
        (file, class, is_own): (&'m str, &'m Class, bool),
        place: Option<&'m About>,
        marks: &[&'m Mark],
        depth: usize,
    ) {
        if depth > MAX_NESTING {
            return;
        }
        let modules = self.modules;
        let (ancestors, foreign) = modules.ancestors(file, class);
        let test = ancestors.iter().find_map(|(_, class)| class.scope.test);
        if test == Some(false) {
            return;
        }
        let is_unittest = foreign.iter().any(|name| {
            name.rsplit('.')
                .next()
                .is_some_and(|last| last.ends_with("TestCase"))
        });
        let mut marks = marks.to_vec();
        for (_, class) in &ancestors {
            marks.extend(class.about.marks.iter().chain(&class.scope.marks));
        }
        let around = if around.is_empty() {
            name.to_owned()
        } else {
            format!("{around}::{name}")
        };
        if !is_unittest {
            let fits = name_fits(&self.config.classes, name) || test == Some(true);
            let is_made = ancestors.iter().any(|(_, class)| {
                class.is_dataclass
                    || ["__init__", "__new__"]
                        .iter()
                        .any(|name| class.scope.get(name).is_some())
            }) || foreign
                .iter()
                .any(|name| WITH_CONSTRUCTOR.iter().any(|end| name.ends_with(end)));
            if !fits || is_made {
                return;
            }
        }
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        for (nth, (file, ancestor)) in ancestors.iter().enumerate() {
            for (name, item) in &ancestor.scope.items {
                if !seen.insert(name) {
                    continue;
                }
                match modules.class_item(file, &ancestor.scope, item) {
                    Found::Function(function) => {
                        // What is inherited out of another file is shown at the class.
                        let own = if *file == self.path {
                            Some(&function.about)
                        } else {
                            place
                        };
                        let written = is_own && nth == 0 && matches!(item, Item::Function(_));
                        if !is_unittest {
                            self.function(&around, name, (function, written), own, &marks);
                        } else if name.starts_with("test")
                            && function.about.test != Some(false)
                            && !function.is_property
                        {
                            self.add(&around, name, (function, written), own, &marks, true);
                        }
                    }
                    Found::Class(inner_file, inner) if !is_unittest => {
                        let own = if inner_file == self.path {
                            Some(&inner.about)
                        } else {
                            place
                        };
                        let written = is_own && nth == 0 && matches!(item, Item::Class(_));
                        self.class(
                            &around,
                            name,
                            (inner_file, inner, written),
                            own,
                            &marks,
                            depth + 1,
                        );
                    }
                    _ => {}
                }
            }
        }
    }
}
