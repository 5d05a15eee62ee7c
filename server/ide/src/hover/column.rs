//! The hover of a column: its object, type and description, where its data comes from and goes.

use super::{MAX_NEIGHBOURS, origin};
use crate::{
    facts::{ColumnFacts, Flow},
    markup::{Format, Markup, Writer},
};

/// Renders a column that the catalogue knows.
pub fn column(facts: &ColumnFacts, format: Format, now: jiff::Timestamp) -> Markup {
    let mut w = Writer::new(format);
    w.headline(&facts.column.name);
    if let Some(data_type) = facts.column.data_type.as_deref().filter(|t| !t.is_empty()) {
        w.words(" ").line_of_text(data_type);
    }
    w.words(" · column of ")
        .code(&facts.object.name)
        .words(" (")
        .line_of_text(&facts.object.object_type)
        .words(")");
    match facts
        .column
        .description
        .as_deref()
        .filter(|d| !d.trim().is_empty())
    {
        Some(description) => {
            w.paragraph().prose(description);
        }
        None => inherited(&mut w, &facts.sources),
    }
    if !(facts.sources.is_empty() && facts.targets.is_empty()) {
        w.paragraph();
        flows(&mut w, "From", &facts.sources);
        flows(&mut w, "Feeds", &facts.targets);
    }
    origin(
        &mut w,
        &facts.origin,
        facts.path.as_deref(),
        facts.object.line_start,
        now,
    );
    w.finish()
}

/// Renders a column that is computed in this file and stands in no catalogue: its expression, and
/// the columns that go into it.
pub fn local_column(name: &str, expression: &str, inputs: &[ColumnFacts], format: Format) -> Markup {
    let mut w = Writer::new(format);
    w.headline(name)
        .words(" · computed in this file")
        .paragraph()
        .code(expression);
    if !inputs.is_empty() {
        w.paragraph().label("From").paragraph();
        for input in inputs.iter().take(MAX_NEIGHBOURS) {
            w.item()
                .code(&format!("{}.{}", input.object.name, input.column.name));
            if let Some(data_type) = input.column.data_type.as_deref().filter(|t| !t.is_empty()) {
                w.words(" ").line_of_text(data_type);
            }
            if let Some(description) = input
                .column
                .description
                .as_deref()
                .filter(|d| !d.trim().is_empty())
            {
                w.words(" — ").line_of_prose(description);
            }
        }
    }
    w.finish()
}

/// A column that nobody described takes the words of the one it was copied from.
fn inherited(w: &mut Writer, sources: &[Flow]) {
    let copied = |f: &&Flow| matches!(f.transformation.as_str(), "direct" | "renamed");
    let described: Vec<&Flow> = sources
        .iter()
        .filter(copied)
        .filter(|f| f.description.is_some())
        .collect();
    if let [one] = described.as_slice() {
        w.paragraph()
            .prose(one.description.as_deref().unwrap_or_default());
        w.words(" (as written of ")
            .code(&format!("{}.{}", one.object, one.column))
            .words(")");
    }
}

fn flows(w: &mut Writer, label: &str, flows: &[Flow]) {
    if flows.is_empty() {
        return;
    }
    w.line_break().label(label).words(" ");
    for (i, flow) in flows.iter().take(MAX_NEIGHBOURS).enumerate() {
        if i > 0 {
            w.words(", ");
        }
        w.code(&format!("{}.{}", flow.object, flow.column));
        if flow.transformation != "direct" && !flow.transformation.is_empty() {
            w.words(" (").line_of_text(&flow.transformation).words(")");
        }
    }
    if flows.len() > MAX_NEIGHBOURS {
        w.words(&format!(" and {} more", flows.len() - MAX_NEIGHBOURS));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Origin;
    use expect_test::expect;
    use metasync_protocol::{ColumnRow, ObjectRow, RowHash};
    use uuid::Uuid;

    #[test]
    fn a_column_without_words_takes_those_of_its_only_origin() {
        let flow = |object: &str, column: &str, how: &str, words: Option<&str>| Flow {
            object: object.into(),
            column: column.into(),
            transformation: how.into(),
            description: words.map(Into::into),
        };
        let facts = ColumnFacts {
            object: ObjectRow {
                id: Uuid::nil(),
                connection_id: Uuid::nil(),
                file_id: None,
                name: "orders".into(),
                full_name: "shop.orders".into(),
                object_type: "model".into(),
                description: None,
                metadata: serde_json::Value::Null,
                line_start: Some(3),
                line_end: None,
                branch: None,
                row_hash: RowHash::default(),
            },
            path: Some("models/orders.sql".into()),
            column: ColumnRow {
                id: Uuid::nil(),
                object_id: Uuid::nil(),
                name: "amount".into(),
                ordinal: 1,
                data_type: Some("numeric(10, 2)".into()),
                description: None,
            },
            sources: vec![flow("stg_orders", "amount", "direct", Some("Amount in euros."))],
            targets: vec![flow("customers", "lifetime_value", "aggregation", None)],
            origin: Origin::default(),
        };
        expect![[r#"
            **`amount`** numeric(10, 2) · column of `orders` (model)

            Amount in euros. (as written of `stg_orders.amount`)

            **From** `stg_orders.amount`  
            **Feeds** `customers.lifetime_value` (aggregation)

            ---

            models/orders.sql:3"#]]
        .assert_eq(&column(&facts, Format::Markdown, jiff::Timestamp::UNIX_EPOCH).value);
    }
}
