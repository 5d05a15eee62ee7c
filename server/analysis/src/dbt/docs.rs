//! `{% docs name %}` blocks and the `{{ doc('name') }}` that quote them.

use std::collections::BTreeMap;

use crate::jinja::blocks::blocks;
use crate::jinja::calls::calls;
use crate::jinja::lex::{TagKind, tags};

/// The blocks of one project by name.
pub(crate) type Docs = BTreeMap<String, String>;

/// Adds the blocks of a Markdown file.
pub(crate) fn collect(text: &str, docs: &mut Docs) {
    for block in blocks(text).into_iter().filter(|block| block.kind == "docs") {
        let body = text
            .get(block.body.start..block.body.end)
            .unwrap_or("")
            .trim()
            .to_owned();
        docs.entry(block.name).or_insert(body);
    }
}

/// A description with its `{{ doc('x') }}` replaced; unknown ones stay as they are.
pub(crate) fn expand(description: &str, docs: &Docs) -> String {
    if !description.contains("{{") {
        return description.trim().to_owned();
    }
    let mut text = String::with_capacity(description.len());
    let mut at = 0;
    for tag in tags(description) {
        text.push_str(description.get(at..tag.start).unwrap_or(""));
        at = tag.end;
        let whole = description.get(tag.start..tag.end).unwrap_or("");
        let doc = (tag.kind == TagKind::Expression)
            .then(|| calls(description, tag.inner_start, tag.inner_end))
            .and_then(|calls| {
                let call = calls.into_iter().find(|call| call.simple() == Some("doc"))?;
                let name = call.text(1).or_else(|| call.text(0))?;
                docs.get(name).cloned()
            });
        text.push_str(doc.as_deref().unwrap_or(whole));
    }
    text.push_str(description.get(at..).unwrap_or(""));
    text.trim().to_owned()
}
