//! What is wrong with a text, as far as the catalogue can tell, and what would mend it. Only what is sure is told:
//! a name is unknown where all names are known.

mod impact;
mod names;
mod properties;

use metasync_analysis::{Language, Span, check};

use crate::{
    catalogue::{Catalogue, Resolver},
    file::{File, names as names_of},
};

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// It can't work.
    Error,
    /// It will hardly work.
    Warning,
    /// It could be better.
    Hint,
}

/// What is found. The names are the codes of the diagnostics, and those that settings switch off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Code {
    /// SQL, Jinja or YAML that can't be read.
    Syntax,
    /// `ref()` of no model, or YAML about none.
    UnknownModel,
    /// `source()` of no source.
    UnknownSource,
    /// A column that a model does not have.
    UnknownColumn,
    /// A column that several relations of a query have.
    AmbiguousColumn,
    /// YAML without a description.
    MissingDescription,
    /// YAML about a column that the model does not have.
    UndeclaredColumn,
    /// A column that others use is gone.
    BreakingChange,
}

impl Code {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Code::Syntax => "syntax",
            Code::UnknownModel => "unknown-model",
            Code::UnknownSource => "unknown-source",
            Code::UnknownColumn => "unknown-column",
            Code::AmbiguousColumn => "ambiguous-column",
            Code::MissingDescription => "missing-description",
            Code::UndeclaredColumn => "undeclared-column",
            Code::BreakingChange => "breaking-change",
        }
    }
}

/// All codes.
pub const CODES: &[Code] = &[
    Code::Syntax,
    Code::UnknownModel,
    Code::UnknownSource,
    Code::UnknownColumn,
    Code::AmbiguousColumn,
    Code::MissingDescription,
    Code::UndeclaredColumn,
    Code::BreakingChange,
];

/// A change that mends a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// For people.
    pub title: String,
    /// What is replaced by what; spans do not overlap.
    pub edits: Vec<(Span, String)>,
    /// Whether it is the obvious one.
    pub is_preferred: bool,
}

/// Something wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Where.
    pub span: Span,
    /// How bad.
    pub severity: Severity,
    /// What kind.
    pub code: Code,
    /// What, to what, for people.
    pub message: String,
    /// What would mend it.
    pub fixes: Vec<Fix>,
}

/// Most findings that one file has; more help nobody.
pub const MAX_FINDINGS: usize = 500;

/// Everything wrong with a file, in its order. `before` is the text that the catalogue was made from, where it is
/// known; `is_on` tells which kinds are wanted.
pub fn findings(
    file: &File<'_>,
    before: Option<&str>,
    catalogue: &dyn Catalogue,
    is_on: impl Fn(Code) -> bool,
) -> Vec<Finding> {
    let language = Language::of_path(file.path);
    let mut found: Vec<Finding> = Vec::new();
    if is_on(Code::Syntax) {
        found.extend(
            check(language, file.path, file.text, &file.options())
                .into_iter()
                .map(|problem| Finding {
                    span: problem.span,
                    severity: Severity::Error,
                    code: Code::Syntax,
                    message: problem.message,
                    fixes: Vec::new(),
                }),
        );
    }
    if catalogue.is_complete() {
        let resolver = Resolver::new(catalogue, file.path);
        let occurrences = names_of(file);
        if language == Language::Sql {
            found.extend(names::relations(&occurrences, &resolver));
            found.extend(names::columns(file, &occurrences, &resolver));
            found.extend(impact::removed(file, before, &resolver));
        }
        if language == Language::Yaml {
            found.extend(names::relations(&occurrences, &resolver));
            found.extend(properties::findings(file, &resolver));
        }
    }
    found.retain(|finding| is_on(finding.code));
    found.sort_by(|a, b| (a.span, a.severity, a.code.name()).cmp(&(b.span, b.severity, b.code.name())));
    found.truncate(MAX_FINDINGS);
    found
}

/// The words of a text: letters, digits and `_`.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_alphanumeric() || c == '_'))
}

#[cfg(test)]
mod tests;
