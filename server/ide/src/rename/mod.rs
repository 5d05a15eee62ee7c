//! Renames: a model, seed, macro, CTE or column, with all its uses in the workspace.

mod column;
mod object;

use std::sync::Arc;

use metasync_analysis::{Occurrence, Role, Span, SymbolKind};
use uuid::Uuid;

use crate::{
    catalogue::{Catalogue, Known, Target},
    references::{File, references, target_at},
};

/// The texts of the workspace, saved or not.
pub trait Files {
    /// The text of a file; `None` where there is none, or none that can be read.
    fn text(&self, path: &str) -> Option<Arc<str>>;
    /// The files in whose text a word stands, in any case, with their texts.
    fn mentioning(&self, word: &str) -> Vec<(String, Arc<str>)>;
}

/// What a rename does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Renaming {
    /// Replacements by file, in the order of the file.
    pub edits: Vec<(String, Vec<(Span, String)>)>,
    /// Files that get another path, after the edits.
    pub files: Vec<(String, String)>,
    /// What one should know, for people: users that can't be changed from here.
    pub notes: Vec<String>,
}

/// What would be renamed at a place: the name and its text. The error says why it can't be.
pub fn prepare(file: &File<'_>, offset: usize, catalogue: &dyn Catalogue) -> Result<(Span, String), String> {
    let (here, what) = subject(file, offset, catalogue)?;
    let written = file.text.get(here.symbol.span.start..here.symbol.span.end);
    match what {
        Subject::Object(known) => object::check(&known)?,
        Subject::Column(known, name) => column::check(&known, &name, catalogue)?,
        Subject::Cte(_) | Subject::Word(_) => {}
    }
    Ok((here.symbol.span, written.unwrap_or_default().to_owned()))
}

/// The changes that give the thing at a place another name.
pub fn rename(
    files: &dyn Files,
    file: &File<'_>,
    offset: usize,
    name: &str,
    catalogue: &dyn Catalogue,
) -> Result<Renaming, String> {
    if name.is_empty()
        || !name.chars().all(|c| c.is_alphanumeric() || c == '_')
        || name.starts_with(|c: char| c.is_ascii_digit())
    {
        return Err(format!(
            "`{name}` is no name: letters, digits and `_`, no digit first"
        ));
    }
    match subject(file, offset, catalogue)?.1 {
        Subject::Object(known) => object::rename(files, &known, name, catalogue),
        Subject::Column(known, column) => column::rename(files, &known, &column, name, catalogue),
        Subject::Cte(target) => {
            let edits = references(file, &target, catalogue);
            let edits = edits
                .into_iter()
                .map(|place| (place.span, name.to_owned()))
                .collect();
            Ok(Renaming {
                edits: vec![(file.path.to_owned(), edits)],
                ..Renaming::default()
            })
        }
        Subject::Word(target) => {
            let word = file_word(&target);
            Ok(Renaming {
                edits: replace_all(files, &word, &target, name, catalogue),
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

/// Every place of `target` in the files that mention `word`.
fn replace_all(
    files: &dyn Files,
    word: &str,
    target: &Target,
    name: &str,
    catalogue: &dyn Catalogue,
) -> Vec<(String, Vec<(Span, String)>)> {
    let mut edits = Vec::new();
    for (path, text) in files.mentioning(word) {
        let file = File::new(&path, &text);
        let places = references(&file, target, catalogue);
        if !places.is_empty() {
            let places = places
                .into_iter()
                .map(|place| (place.span, name.to_owned()))
                .collect();
            edits.push((path, places));
        }
    }
    edits
}

#[cfg(test)]
mod tests;
