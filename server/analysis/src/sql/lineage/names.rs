//! Names of tables and columns: as written, lower-cased unless quoted.

use sqlparser::ast::{Ident, ObjectName, ObjectNamePart};

use crate::jinja::mask::is_placeholder;

/// The dotted name of a table.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct TableName {
    pub(crate) parts: Vec<String>,
}

impl TableName {
    pub(crate) fn of(name: &ObjectName) -> Self {
        let mut parts = Vec::with_capacity(name.0.len());
        for part in &name.0 {
            match part {
                // BigQuery: `project.data_set.table` in one pair of backticks.
                ObjectNamePart::Identifier(ident)
                    if ident.quote_style == Some('`') && ident.value.contains('.') =>
                {
                    parts.extend(ident.value.split('.').map(str::to_owned));
                }
                ObjectNamePart::Identifier(ident) => parts.push(without_link(shown(ident), ident)),
                // `IDENTIFIER('a.b')`
                ObjectNamePart::Function(function) => match function.args.as_slice() {
                    [argument] if key(&function.name.value) == "identifier" => {
                        parts.extend(spelled(argument.to_string().trim_matches(['\'', '"'])));
                    }
                    _ => parts.push(function.to_string()),
                },
            }
        }
        // `{{ schema }}.orders`: what is not known is left out, as if nobody had written it.
        if let Some((_, qualifiers)) = parts.split_last()
            && qualifiers.iter().any(|part| is_placeholder(part))
        {
            let last = parts.len() - 1;
            let mut nth = 0;
            parts.retain(|part| {
                nth += 1;
                nth > last || !is_placeholder(part)
            });
        }
        Self { parts }
    }

    /// The name with its dots.
    pub(crate) fn full(&self) -> String {
        self.parts.join(".")
    }

    pub(crate) fn last(&self) -> &str {
        self.parts.last().map_or("", String::as_str)
    }
}

/// Oracle's `orders@remote`: the link is no part of the name.
fn without_link(mut name: String, ident: &Ident) -> String {
    if ident.quote_style.is_none()
        && let Some(at) = name.find('@')
        && at > 0
    {
        name.truncate(at);
    }
    name
}

/// The dotted name in a string: `IDENTIFIER('a.b')`.
pub(crate) fn spelled(text: &str) -> Vec<String> {
    text.split('.')
        .map(|part| part.trim_matches('"').to_owned())
        .collect()
}

/// A name as the catalogue shows it.
pub(crate) fn shown(ident: &Ident) -> String {
    if ident.quote_style.is_some() {
        ident.value.clone()
    } else {
        ident.value.to_lowercase()
    }
}

/// A name as names are compared.
pub(crate) fn key(name: &str) -> String {
    name.to_lowercase()
}
