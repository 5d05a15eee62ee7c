//! The hover of an object: name, type, description, columns, what it is built from and used by,
//! documentation, origin and age (contract.md, "The language server").

use std::borrow::Cow;

use serde_json::Value;

use super::{MAX_COLUMNS, column_item, list, names, origin};
use crate::{
    facts::{Neighbour, ObjectFacts},
    markup::{Format, Markup, Writer},
    releases,
};

/// Renders an object.
pub fn object(facts: &ObjectFacts, format: Format, now: jiff::Timestamp) -> Markup {
    let o = &facts.object;
    let mut w = Writer::new(format);
    w.headline(&o.name).words(" · ").line_of_text(&o.object_type);
    if let Some(materialized) = o.metadata.get("materialized").and_then(Value::as_str) {
        w.words(", ").line_of_text(materialized);
    }
    // It stays known, so that what names it can be told apart from a typing error.
    if o.metadata.get("enabled") == Some(&Value::Bool(false)) {
        w.words(", disabled");
    }
    if o.full_name != o.name {
        w.words(" · ").code(&o.full_name);
    }
    if let Some(description) = o.description.as_deref().filter(|d| !d.trim().is_empty()) {
        w.paragraph().prose(description);
    }
    let told = |text: &Option<String>| text.clone().filter(|t| !t.trim().is_empty());
    let documentation = facts.documentation.as_ref();
    if let Some(summary) = documentation.and_then(|d| told(&d.executive_summary)) {
        w.paragraph().label("Summary").words(": ").prose(&summary);
    }
    releases::write(&mut w, &facts.releases);
    // before the columns: a wide table must not push it out of sight
    let is_test = |n: &&Neighbour| n.object_type.as_deref() == Some("test") && n.name.contains("::");
    let (tests, users): (Vec<&Neighbour>, Vec<&Neighbour>) = facts.downstream.iter().partition(is_test);
    if !(facts.upstream.is_empty() && users.is_empty()) {
        w.paragraph();
        let built_from = if o.object_type == "test" {
            "Mentions"
        } else {
            "Built from"
        };
        names(&mut w, built_from, &facts.upstream.iter().collect::<Vec<_>>());
        let is_file = |n: &&Neighbour| n.object_type.as_deref() == Some(LIBRARY_FILE);
        let (files, used_by): (Vec<&Neighbour>, Vec<&Neighbour>) = users.into_iter().partition(is_file);
        names(&mut w, "Used by", &used_by);
        list(&mut w, "Files", &files, |_, _| {});
    }
    releases::write_tests(&mut w, &tests);
    let arguments = o.metadata.get("arguments").and_then(Value::as_array);
    if let Some(arguments) = arguments.filter(|a| !a.is_empty()) {
        list_arguments(&mut w, arguments);
    }
    list_columns(&mut w, facts);
    if let Some(d) = documentation {
        for (title, text) in [
            ("Business narrative", &d.business_narrative),
            ("Impact", &d.impact_analysis),
        ] {
            if let Some(text) = told(text) {
                w.paragraph().label(title).words(": ").prose(&text);
            }
        }
    }
    if o.metadata.get("rendered") == Some(&Value::Bool(false)) {
        w.paragraph()
            .words("The template could not be rendered; what it generates may be missing here.");
    }
    tags(&mut w, &o.metadata);
    origin(&mut w, &facts.origin, facts.path.as_deref(), o.line_start, now);
    w.finish()
}

/// The type of the shared library's files, which say which objects they belong to.
pub const LIBRARY_FILE: &str = "library_file";

fn list_columns(w: &mut Writer, facts: &ObjectFacts) {
    if facts.columns.is_empty() {
        return;
    }
    w.paragraph()
        .label(&format!("Columns ({})", facts.columns.len()))
        .paragraph();
    for column in facts.columns.iter().take(MAX_COLUMNS) {
        column_item(w, column, first_paragraph);
    }
    if facts.columns.len() > MAX_COLUMNS {
        w.item()
            .words(&format!("… and {} more", facts.columns.len() - MAX_COLUMNS));
    }
}

/// A list shows how a description begins; the column's own hover shows all of it.
fn first_paragraph(text: &str) -> Cow<'_, str> {
    let text = text.trim();
    let is_blank = |line: &&str| line.trim().is_empty();
    let mut before = 0;
    match text.split_inclusive('\n').find(|line| {
        before += line.len();
        is_blank(line)
    }) {
        Some(blank) => format!("{} …", text[..before - blank.len()].trim_end()).into(),
        None => text.into(),
    }
}

fn list_arguments(w: &mut Writer, arguments: &[Value]) {
    w.paragraph().label("Arguments").paragraph();
    for argument in arguments {
        let name = argument
            .as_str()
            .or_else(|| argument.get("name")?.as_str())
            .unwrap_or("?");
        w.item().code(name);
        if let Some(kind) = argument.get("type").and_then(Value::as_str) {
            w.words(" ").line_of_text(kind);
        }
        if let Some(text) = argument
            .get("description")
            .and_then(Value::as_str)
            .filter(|d| !d.is_empty())
        {
            w.words(" — ").line_of_prose(text);
        }
    }
}

fn tags(w: &mut Writer, metadata: &Value) {
    let tags: Vec<&str> = metadata
        .get("tags")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    if !tags.is_empty() {
        w.paragraph()
            .label("Tags")
            .words(" ")
            .line_of_text(&tags.join(", "));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::{Neighbour, Origin};
    use expect_test::expect;
    use metasync_protocol::{ColumnRow, ObjectRow, RowHash};
    use uuid::Uuid;

    fn facts() -> ObjectFacts {
        let column = |ordinal, name: &str, data_type: Option<&str>, description: Option<&str>| ColumnRow {
            id: Uuid::nil(),
            object_id: Uuid::nil(),
            name: name.into(),
            ordinal,
            data_type: data_type.map(Into::into),
            description: description.map(Into::into),
        };
        ObjectFacts {
            object: ObjectRow {
                id: Uuid::nil(),
                connection_id: Uuid::nil(),
                file_id: None,
                name: "stg_customers".into(),
                full_name: "shop.stg_customers".into(),
                object_type: "model".into(),
                description: Some("One row per customer,\ncleaned and <b>renamed</b>.".into()),
                metadata: serde_json::json!({"materialized": "view", "tags": ["staging"]}),
                line_start: Some(1),
                line_end: Some(5),
                branch: None,
                row_hash: RowHash::default(),
            },
            path: Some("models/stg_customers.sql".into()),
            columns: vec![
                column(1, "customer_id", Some("integer"), Some("Primary key.")),
                column(2, "last_name", None, None),
            ],
            upstream: vec![Neighbour {
                name: "raw.customers".into(),
                object_type: Some("source".into()),
                elsewhere: None,
                ..Neighbour::default()
            }],
            downstream: vec![
                Neighbour {
                    name: "customers".into(),
                    object_type: Some("model".into()),
                    elsewhere: None,
                    ..Neighbour::default()
                },
                Neighbour {
                    name: "weekly".into(),
                    object_type: Some("exposure".into()),
                    elsewhere: Some("acme/reports".into()),
                    ..Neighbour::default()
                },
            ],
            documentation: None,
            releases: Vec::new(),
            origin: Origin {
                connection: Some("acme/shop".into()),
                revision: Some("0a1b2c3d4e5f60718293a4b5c6d7e8f901234567".into()),
                synced_at: Some("2026-01-10T11:50:00Z".into()),
                offline: true,
            },
        }
    }

    fn now() -> jiff::Timestamp {
        "2026-01-10T12:00:00Z".parse().unwrap()
    }

    #[test]
    fn a_disabled_model_says_so() {
        let mut facts = facts();
        facts.object.metadata = serde_json::json!({"materialized": "view", "enabled": false});
        let hover = object(&facts, Format::Plain, now());
        let first = hover.value.lines().next();
        assert_eq!(
            first,
            Some("stg_customers · model, view, disabled · shop.stg_customers")
        );
    }

    #[test]
    fn a_model_in_markdown() {
        expect![[r#"
            **`stg_customers`** · model, view · `shop.stg_customers`

            One row per customer,  
            cleaned and \<b\>renamed\</b\>.

            **Built from** `raw.customers` (source)  
            **Used by** `customers`, `weekly` (exposure in acme/reports)

            **Columns (2)**

            - `customer_id` integer — Primary key.
            - `last_name`

            **Tags** staging

            ---

            acme/shop @ 0a1b2c3 · models/stg_customers.sql:1 · synced 10 min ago · offline copy"#]]
        .assert_eq(&object(&facts(), Format::Markdown, now()).value);
    }

    #[test]
    fn a_model_in_plain_text_has_no_markup() {
        expect![[r#"
            stg_customers · model, view · shop.stg_customers

            One row per customer,
            cleaned and <b>renamed</b>.

            Built from raw.customers (source)
            Used by customers, weekly (exposure in acme/reports)

            Columns (2)

            - customer_id integer — Primary key.
            - last_name

            Tags staging

            acme/shop @ 0a1b2c3 · models/stg_customers.sql:1 · synced 10 min ago · offline copy"#]]
        .assert_eq(&object(&facts(), Format::Plain, now()).value);
    }
}
