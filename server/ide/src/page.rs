//! A page about an object whose file is not in the workspace: what a definition leads to when another
//! repository has it. It is made of the catalogue alone, so it opens offline and at once.

use std::fmt::Write as _;

use crate::{
    facts::{Neighbour, ObjectFacts},
    hover::{self, MAX_COLUMNS, MAX_NEIGHBOURS},
    markup::{Format, Writer},
};

/// The page as Markdown: where the object really lies, then what its hover says, then what a hover has
/// no room for.
pub fn page(facts: &ObjectFacts, now: jiff::Timestamp) -> String {
    let origin = &facts.origin;
    let mut w = Writer::new(Format::Markdown);
    w.words("This page is made from the catalogue and is read only. The object is in ");
    w.code(origin.connection.as_deref().unwrap_or("another connection"));
    if let Some(path) = &facts.path {
        w.words(", in the file ").code(path);
    }
    if let Some(revision) = &origin.revision {
        w.words(", as of commit ").code(revision);
    }
    w.words(".").rule();
    let mut text = w.finish().value;
    let shown = hover::object(facts, Format::Markdown, now).value;
    let _ = write!(text, "\n\n{shown}\n");
    if facts.columns.len() > MAX_COLUMNS {
        let mut w = Writer::new(Format::Markdown);
        w.label("All columns").paragraph();
        for column in &facts.columns {
            hover::column_item(&mut w, column, |description| description.into());
        }
        let _ = write!(text, "\n{}\n", w.finish().value);
    }
    for (label, all) in [("Built from", &facts.upstream), ("Used by", &facts.downstream)] {
        if all.len() > MAX_NEIGHBOURS {
            let _ = write!(text, "\n{}\n", list(label, all));
        }
    }
    text
}

fn list(label: &str, neighbours: &[Neighbour]) -> String {
    let mut w = Writer::new(Format::Markdown);
    w.label(label).paragraph();
    for neighbour in neighbours {
        w.item().code(&neighbour.name);
        if let Some(connection) = &neighbour.elsewhere {
            w.words(" in ").line_of_text(connection);
        }
    }
    w.finish().value
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use metasync_protocol::{ColumnRow, ObjectRow, RowHash};
    use uuid::Uuid;

    use super::*;
    use crate::facts::Origin;

    #[test]
    fn says_where_the_object_is_and_has_room_for_everything() {
        let column = |n: usize| ColumnRow {
            id: Uuid::nil(),
            object_id: Uuid::nil(),
            name: format!("c{n}"),
            ordinal: 1,
            data_type: Some("int".into()),
            description: (n == 0).then(|| "The *first*.".into()),
        };
        let user = |n: usize| Neighbour {
            name: format!("user_{n}"),
            object_type: Some("model".into()),
            elsewhere: (n == 0).then(|| "acme/billing".into()),
            ..Neighbour::default()
        };
        let facts = ObjectFacts {
            object: ObjectRow {
                id: Uuid::nil(),
                connection_id: Uuid::nil(),
                file_id: None,
                name: "orders".into(),
                full_name: "shop.orders".into(),
                object_type: "model".into(),
                description: Some("One row per order.".into()),
                metadata: serde_json::Value::Null,
                line_start: Some(1),
                line_end: None,
                branch: None,
                row_hash: RowHash::default(),
            },
            path: Some("models/orders.sql".into()),
            columns: (0..=MAX_COLUMNS).map(column).collect(),
            upstream: vec![user(1)],
            downstream: (0..=MAX_NEIGHBOURS).map(user).collect(),
            documentation: None,
            releases: Vec::new(),
            origin: Origin {
                connection: Some("acme/shop".into()),
                revision: Some("0a1b2c3d4e5f60718293a4b5c6d7e8f901234567".into()),
                synced_at: None,
                offline: true,
            },
        };
        let text = page(&facts, jiff::Timestamp::UNIX_EPOCH);
        let (start, rest) = text.split_at(text.find("**Columns").unwrap());
        expect![[r#"
            This page is made from the catalogue and is read only. The object is in `acme/shop`, in the file `models/orders.sql`, as of commit `0a1b2c3d4e5f60718293a4b5c6d7e8f901234567`.

            ---

            **`orders`** · model · `shop.orders`

            One row per order.

            **Built from** `user_1`  
            **Used by** `user_0` (in acme/billing), `user_1`, `user_2`, `user_3`, `user_4`, `user_5`, `user_6`, `user_7`, `user_8`, `user_9`, `user_10`, `user_11` and 1 more

        "#]].assert_eq(start);
        for whole in [
            "All columns",
            "`c40` int",
            "`user_12`",
            "`user_0` in acme/billing",
            "offline copy",
        ] {
            assert!(rest.contains(whole), "{whole}: {rest}");
        }
    }
}
