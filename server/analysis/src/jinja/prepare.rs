//! Templates in the words of the engine: blocks of dbt, `package.macro(…)`, lists that are appended to, values that
//! macros return, values that may grow.

use std::collections::BTreeSet;

use super::blocks::blocks;
use super::calls::{Call, calls};
use super::lex::{Tag, TagKind, tags};
use super::returns::AROUND;

/// Macros of packages that ask the warehouse: what they make is guessed from their arguments, see `objects`.
const ASKING: [&str; 9] = [
    "get_column_values",
    "get_filtered_columns_in_relation",
    "get_query_results_as_dict",
    "get_relations_by_pattern",
    "get_relations_by_prefix",
    "get_single_value",
    "star",
    "union_relations",
    "unpivot",
];

/// Replacements, by bytes.
#[derive(Default)]
struct Changes(Vec<(usize, usize, String)>);

impl Changes {
    fn insert(&mut self, at: usize, word: &str) {
        self.0.push((at, at, word.to_owned()));
    }

    /// Blanks a range; its lines stay.
    fn blank(&mut self, text: &str, start: usize, end: usize) {
        let Some(range) = text.get(start..end) else { return };
        let blank: String = range
            .chars()
            .map(|c| if c == '\n' { '\n' } else { ' ' })
            .collect();
        self.0.push((start, end, blank));
    }

    fn apply(mut self, text: &str) -> String {
        // Inserts at one place in the order in which they came.
        self.0.sort_by_key(|(start, end, _)| (*start, *end));
        let mut out = String::with_capacity(text.len() + self.0.len() * 8);
        let mut at = 0;
        for (start, end, with) in &self.0 {
            if *start < at {
                continue;
            }
            out.push_str(text.get(at..*start).unwrap_or(""));
            out.push_str(with);
            at = *end;
        }
        out.push_str(text.get(at..).unwrap_or(""));
        out
    }
}

/// Rewrites a template. `projects` and `macros`: what may be called by name.
pub(super) fn prepare(text: &str, projects: &BTreeSet<String>, macros: &BTreeSet<String>) -> String {
    let mut changes = Changes::default();
    for block in blocks(text) {
        match block.kind {
            "snapshot" => {
                changes.blank(text, block.span.start, block.body.start);
                changes.blank(text, block.body.end, block.span.end);
            }
            "macro" => {}
            _ => changes.blank(text, block.span.start, block.span.end),
        }
    }
    for tag in tags(text).iter().filter(|tag| tag.kind != TagKind::Comment) {
        self::tag(text, tag, projects, macros, &mut changes);
    }
    changes.apply(text)
}

fn tag(text: &str, tag: &Tag, projects: &BTreeSet<String>, macros: &BTreeSet<String>, changes: &mut Changes) {
    let keyword = match tag.kind {
        TagKind::Statement => tag.keyword(text),
        _ => "",
    };
    if keyword == "do" && printed_return(text, tag, changes) {
        // Its calls stay as they are: what is returned by what it returns is found there.
    }
    if keyword == "set" {
        set(text, tag, changes);
    }
    let defines = matches!(
        keyword,
        "macro" | "call" | "test" | "materialization" | "filter" | "block"
    );
    for call in calls(text, tag.inner_start, tag.inner_end) {
        if let [(package, span), (name, name_span)] = call.path.as_slice()
            && projects.contains(package)
            && !name.is_empty()
            && !(package == "dbt_utils" && ASKING.contains(&name.as_str()))
        {
            changes.blank(text, span.start, name_span.start);
        }
        if !defines && is_macro(&call, projects, macros) {
            // Outer calls come first: their words stand outside.
            changes.insert(call.span.start, &format!("{AROUND}("));
            for argument in &call.arguments {
                bound(
                    text,
                    argument.span.start,
                    argument.span.end,
                    argument.value.is_none(),
                    changes,
                );
            }
            changes.insert(call.span.end, ")");
        }
    }
}

fn is_macro(call: &Call, projects: &BTreeSet<String>, macros: &BTreeSet<String>) -> bool {
    call.has_arguments
        && match call.path.as_slice() {
            [(name, _)] => macros.contains(name),
            [(package, _), (name, _)] => {
                projects.contains(package)
                    && macros.contains(name)
                    && !(package == "dbt_utils" && ASKING.contains(&name.as_str()))
            }
            _ => false,
        }
}

/// `{% do return(x) %}` has to print its mark.
fn printed_return(text: &str, tag: &Tag, changes: &mut Changes) -> bool {
    let inner = tag.inner(text).trim_start();
    let rest = inner.strip_prefix("do").map(str::trim_start).unwrap_or("");
    if !rest.starts_with("return") {
        return false;
    }
    let (Some(open), Some(close)) = (
        text.get(tag.start..tag.start + 2),
        tag.end.checked_sub(2).and_then(|at| text.get(at..tag.end)),
    ) else {
        return false;
    };
    let word = tag.inner_start + (tag.inner(text).len() - inner.len());
    if open == "{%" && close == "%}" && tag.closed {
        changes.0.push((tag.start, tag.start + 2, "{{".to_owned()));
        changes.0.push((word, word + 2, "  ".to_owned()));
        changes.0.push((tag.end - 2, tag.end, "}}".to_owned()));
        return true;
    }
    false
}

/// `{% set x = … %}`: lists can be appended to, texts do not grow without bound.
fn set(text: &str, tag: &Tag, changes: &mut Changes) {
    let inner = tag.inner(text);
    let Some((_, value)) = inner.split_once('=') else {
        // `{% set x %}…{% endset %}`
        if tag.closed && !inner.contains('|') {
            changes.insert(tag.inner_start + inner.trim_end().len(), " | _bounded");
        }
        return;
    };
    let start = tag.inner_start + inner.len() - value.trim_start().len();
    let end = tag.inner_start + inner.trim_end().len();
    if value.trim_start().starts_with('[') && value.trim_end().ends_with(']') {
        changes.insert(start, "_list(");
        changes.insert(end, ")");
    } else {
        bound(text, start, end, true, changes);
    }
}

/// Wraps a value that may be larger than what it is made of.
fn bound(text: &str, start: usize, end: usize, is_open: bool, changes: &mut Changes) {
    let value = text.get(start..end).unwrap_or("");
    let grows = value.contains(['~', '*', '+']) || value.contains("join") || value.contains("format");
    let is_keyword = value.split_once('=').is_some_and(|(name, rest)| {
        !rest.starts_with('=') && name.trim().chars().all(|c| c.is_alphanumeric() || c == '_')
    });
    if is_open && grows && !is_keyword && !value.trim_start().starts_with('*') && start < end {
        changes.insert(start, "_bounded(");
        changes.insert(end, ")");
    }
}
