//! A text that features look into, and the names in it.

use std::sync::{Arc, OnceLock};

use metasync_analysis::{Dialect, Language, Occurrence, Options, occurrences};

/// A file to look into.
#[derive(Clone, Debug)]
pub struct File<'t> {
    /// Its path relative to the workspace.
    pub path: &'t str,
    /// Its text, saved or not.
    pub text: &'t str,
    /// The SQL that it is written in, where that is known.
    pub dialect: Option<Dialect>,
    /// Where its names are kept, if others will ask for them too.
    pub names: Option<&'t Names>,
}

impl<'t> File<'t> {
    /// A file in a dialect that nobody told.
    pub fn new(path: &'t str, text: &'t str) -> File<'t> {
        File {
            path,
            text,
            dialect: None,
            names: None,
        }
    }

    /// The same, in a dialect that is known.
    pub fn in_dialect(self, dialect: Option<Dialect>) -> File<'t> {
        File { dialect, ..self }
    }

    /// How the analysis is to read it.
    pub fn options(&self) -> Options {
        Options {
            dialect: self.dialect,
        }
    }
}

/// The names of one text, found once: after a change an editor asks for its problems, colours, links and highlights,
/// and in ten thousand lines each would find them anew.
#[derive(Clone, Debug, Default)]
pub struct Names {
    found: Arc<OnceLock<InDialect>>,
}

/// The names as they are in a dialect.
type InDialect = (Option<Dialect>, Arc<[Occurrence]>);

/// The names of a file with what they mean.
pub fn names(file: &File<'_>) -> Arc<[Occurrence]> {
    let find = || -> Arc<[Occurrence]> {
        let language = Language::of_path(file.path);
        occurrences(language, file.path, file.text, &file.options()).into()
    };
    let Some(kept) = file.names else { return find() };
    match kept.found.get_or_init(|| (file.dialect, find())) {
        (dialect, names) if *dialect == file.dialect => names.clone(),
        // a sync taught another dialect meanwhile
        _ => find(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_once_for_a_text_and_dialect() {
        let kept = Names::default();
        let file = File {
            names: Some(&kept),
            ..File::new("models/a.sql", "select id from t")
        };
        let first = names(&file);
        assert!(!first.is_empty() && Arc::ptr_eq(&first, &names(&file)));
        let other = File {
            dialect: Some(Dialect::BigQuery),
            ..file
        };
        assert!(!Arc::ptr_eq(&first, &names(&other)));
    }
}
