//! The hover of an entry of an external source: what the source says of it (seed 003).

use serde_json::Value;

use super::origin;
use crate::{
    facts::ObjectFacts,
    markup::{Format, Markup, Writer},
};

/// Types of the objects that entries are.
pub const ENTRY_TYPES: &[&str] = &["content", "catalog_item"];

/// Most fields that are shown.
const MAX_FIELDS: usize = 20;

/// Fields with words of their own, in their order.
const KNOWN: &[(&str, &str)] = &[
    ("artist", "Artist"),
    ("genre", "Genre"),
    ("external_id", "Id"),
    ("category_id", "Category"),
    ("price", "Price"),
    ("capacity_gb", "Capacity (GB)"),
    ("content_count", "Content"),
    ("content_unit", "Unit"),
    ("is_active", "Active"),
    ("is_popular", "Popular"),
];

/// Renders an entry; `others` is how many more bear the name.
pub fn entry(facts: &ObjectFacts, others: usize, format: Format, now: jiff::Timestamp) -> Markup {
    let object = &facts.object;
    let mut w = Writer::new(format);
    let kind = object.metadata.get("content_type").and_then(Value::as_str);
    let kind = kind.unwrap_or(if object.object_type == "content" {
        "content"
    } else {
        "catalogue item"
    });
    w.headline(&object.name).words(" · ").line_of_text(kind);
    w.paragraph();
    let nothing = serde_json::Map::new();
    let fields = object.metadata.as_object().unwrap_or(&nothing);
    let known = KNOWN
        .iter()
        .filter_map(|(name, label)| Some((*label, fields.get(*name)?)));
    let is_other = |name: &str| name != "content_type" && KNOWN.iter().all(|(known, _)| *known != name);
    let more = fields.iter().filter(|(name, _)| is_other(name));
    let mut shown = 0;
    for (label, value) in known {
        w.item().label(label).words(" ").line_of_text(&told(value));
        shown += 1;
    }
    for (name, value) in more.take(MAX_FIELDS.saturating_sub(shown)) {
        w.item().line_of_text(name).words(": ").line_of_text(&told(value));
    }
    if others > 0 {
        w.paragraph().words(&match others {
            1 => "One more entry bears this name.".to_owned(),
            n => format!("{n} more entries bear this name."),
        });
    }
    origin(&mut w, &facts.origin, None, None, now);
    w.finish()
}

fn told(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Origin;
    use expect_test::expect;
    use metasync_protocol::{ObjectRow, RowHash};
    use uuid::Uuid;

    #[test]
    fn an_entry_tells_what_its_source_says() {
        let facts = ObjectFacts {
            object: ObjectRow {
                id: Uuid::nil(),
                connection_id: Uuid::nil(),
                file_id: None,
                name: "Bohemian Rhapsody".into(),
                full_name: "Queen/Bohemian Rhapsody".into(),
                object_type: "content".into(),
                description: Some("Queen · Rock".into()),
                metadata: serde_json::json!({
                    "content_type": "music", "artist": "Queen", "genre": "Rock", "album": "[A](command:x)"
                }),
                line_start: None,
                line_end: None,
                branch: None,
                row_hash: RowHash::default(),
            },
            path: None,
            columns: Vec::new(),
            upstream: Vec::new(),
            downstream: Vec::new(),
            documentation: None,
            releases: Vec::new(),
            origin: Origin {
                connection: Some("music_catalog.csv".into()),
                synced_at: Some("2026-01-10T11:50:00Z".into()),
                offline: false,
                revision: None,
            },
        };
        let now = "2026-01-10T12:00:00Z".parse().unwrap();
        expect![[r#"
            **`Bohemian Rhapsody`** · music

            - **Artist** Queen
            - **Genre** Rock
            - album: \[A\](command:x)

            One more entry bears this name.

            ---

            music_catalog.csv · synced 10 min ago"#]]
        .assert_eq(&entry(&facts, 1, Format::Markdown, now).value);
        expect![[r#"
            Bohemian Rhapsody · music

            - Artist Queen
            - Genre Rock
            - album: [A](command:x)

            music_catalog.csv · synced 10 min ago"#]]
        .assert_eq(&entry(&facts, 0, Format::Plain, now).value);
    }
}
