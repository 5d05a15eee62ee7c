//! Renames: a model, seed, macro, CTE or column, with all its uses in the workspace.

mod column;
mod object;

use std::sync::Arc;

use metasync_analysis::{Dialect, Occurrence, Role, Span, SymbolKind, Writing, is_identifier, typed_name};
use uuid::Uuid;

use crate::{
    catalogue::{Catalogue, Known, Target},
    file::File,
    references::{references, target_at},
};

/// The texts of the workspace, saved or not.
pub trait Files {
    /// The text of a file; `None` where there is none, or none that can be read.
    fn text(&self, path: &str) -> Option<Arc<str>>;
    /// The files in whose text a word stands, in any case, with their texts.
    fn mentioning(&self, word: &str) -> Vec<(String, Arc<str>)>;
}

/// A file, and the replacements in it, in its order.
pub type FileEdits = (String, Vec<(Span, String)>);

/// What a rename does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Renaming {
    /// Replacements by file, in the order of the file.
    pub edits: Vec<FileEdits>,
    /// Files that get another path, after the edits.
    pub files: Vec<(String, String)>,
    /// What one should know, for people: users that can't be changed from here.
    pub notes: Vec<String>,
}

/// What would be renamed at a place: the name and its text, both without quotes. The error says why it can't be.
pub fn prepare(file: &File<'_>, offset: usize, catalogue: &dyn Catalogue) -> Result<(Span, String), String> {
    let (here, what) = subject(file, offset, catalogue)?;
    match what {
        Subject::Object(known) => object::check(&known)?,
        Subject::Column(known, name) => column::check(&known, &name, catalogue)?,
        Subject::Cte(_) | Subject::Word(_) => {}
    }
    Ok(writing(file).name(here.symbol.span))
}

/// The changes that give the thing at a place another name.
pub fn rename(
    files: &dyn Files,
    file: &File<'_>,
    offset: usize,
    name: &str,
    catalogue: &dyn Catalogue,
) -> Result<Renaming, String> {
    let name = &typed_name(name)?;
    match subject(file, offset, catalogue)?.1 {
        Subject::Object(known) => object::rename(files, &known, name, file.dialect, catalogue),
        Subject::Column(known, column) => {
            let renamed = column::Renamed {
                known: &known,
                column: &column,
                name,
            };
            column::rename(files, &renamed, file.dialect, catalogue)
        }
        Subject::Cte(target) => {
            let edits = replacements(file, &target, name, catalogue)?;
            Ok(Renaming {
                edits: vec![(file.path.to_owned(), edits)],
                ..Renaming::default()
            })
        }
        Subject::Word(target) => {
            if !is_identifier(name) {
                return Err(format!(
                    "`{name}` is no name here: letters, digits and `_`, no digit first"
                ));
            }
            let word = file_word(&target);
            Ok(Renaming {
                edits: replace_all(files, &word, (&target, name), file.dialect, catalogue)?,
                ..Renaming::default()
            })
        }
    }
}

enum Subject {
    Object(Known),
    Column(Known, String),
    Cte(Target),
    Word(Target),
}

fn subject(
    file: &File<'_>,
    offset: usize,
    catalogue: &dyn Catalogue,
) -> Result<(Occurrence, Subject), String> {
    let (here, targets) = target_at(file, offset, catalogue).ok_or("there is no name here")?;
    if here.role == Role::Alias {
        return Err(
            "this is another name for a table; rename the table where it is named in full".to_owned(),
        );
    }
    if let SymbolKind::Test { .. } = here.symbol.kind {
        return Err("tests are renamed by Python's own tools".to_owned());
    }
    // in a select list `id` is a column of the source and of the result: the source's comes first
    let target = targets
        .into_iter()
        .next()
        .ok_or("this name is not in the catalogue")?;
    let object = |id: Uuid| catalogue.object(id).ok_or("this name is not in the catalogue");
    let subject = match target {
        Target::Object(id) => Subject::Object(object(id)?),
        Target::Column(id, column) => Subject::Column(object(id)?, column),
        target @ Target::Cte(_) => Subject::Cte(target),
        target @ Target::Word(_) => Subject::Word(target),
    };
    Ok((here, subject))
}

fn file_word(target: &Target) -> String {
    match target {
        Target::Word(word) => word
            .split_once(' ')
            .map_or(word.as_str(), |(_, name)| name)
            .to_owned(),
        _ => String::new(),
    }
}

fn writing<'t>(file: &File<'t>) -> Writing<'t> {
    Writing::new(file.path, file.text, file.dialect)
}

/// Every place of `target` in one file, with the new name as it is written there.
fn replacements(
    file: &File<'_>,
    target: &Target,
    name: &str,
    catalogue: &dyn Catalogue,
) -> Result<Vec<(Span, String)>, String> {
    let writing = writing(file);
    let places = references(file, target, catalogue).into_iter();
    places
        .map(|place| Ok((place.span, writing.written(place.span, name)?)))
        .collect()
}

/// Every place of a target, with its new name, in the files that mention `word`.
fn replace_all(
    files: &dyn Files,
    word: &str,
    (target, name): (&Target, &str),
    dialect: Option<Dialect>,
    catalogue: &dyn Catalogue,
) -> Result<Vec<FileEdits>, String> {
    let mut edits = Vec::new();
    for (path, text) in files.mentioning(mentioned(word)) {
        let file = File::new(&path, &text).in_dialect(dialect);
        let places = replacements(&file, target, name, catalogue)?;
        if !places.is_empty() {
            edits.push((path, places));
        }
    }
    Ok(edits)
}

/// The part of a name that stands in a text however the name is quoted there.
fn mentioned(name: &str) -> &str {
    let parts = name.split(['"', '\'', '`', '[', ']', '\\']);
    parts.max_by_key(|part| part.len()).unwrap_or(name)
}

#[cfg(test)]
mod quoting;
#[cfg(test)]
mod tests;
