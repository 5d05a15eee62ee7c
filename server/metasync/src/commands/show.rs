//! `metasync show`.

use anyhow::anyhow;
use metasync_cache::{Direction, ObjectFacts};
use metasync_ide::{Format, hover};
use metasync_language_server::answers;
use serde_json::json;

use super::opened;
use crate::{
    arguments::ShowOptions,
    terminal::{self, Failure},
};

/// All that is known of an object: what the hover shows.
pub fn run(options: &ShowOptions) -> Result<(), Failure> {
    let (_, reader) = opened::cache(&options.cache)?;
    let unknown = || {
        anyhow!(
            "nothing is known of {:?}; `metasync search` finds parts of names",
            options.name
        )
    };
    let hit = answers::named(&reader, &options.name)?.ok_or_else(unknown)?;
    let facts = reader.facts(hit.id)?.ok_or_else(unknown)?;
    if !options.cache.json {
        let tests = reader.tests_named(&facts.object.full_name)?;
        let facts = metasync_ide::ObjectFacts {
            releases: answers::facts::releases(tests),
            ..answers::facts::for_hover(facts, false)
        };
        return terminal::print(&hover::object(&facts, Format::Plain, jiff::Timestamp::now()).value);
    }
    let tree = |direction| reader.lineage(hit.id, direction, 1, None);
    let ObjectFacts {
        object,
        path,
        columns,
        documentation,
        connection,
        synced_at,
        ..
    } = facts;
    let mut shown = serde_json::to_value(&object)?;
    if let Some(members) = shown.as_object_mut() {
        members.insert("path".into(), json!(path));
        members.insert("line".into(), json!(object.line_start));
        members.insert("columns".into(), json!(columns));
        members.insert("upstream".into(), json!(tree(Direction::Upstream)?));
        members.insert("downstream".into(), json!(tree(Direction::Downstream)?));
        members.insert("documentation".into(), json!(documentation));
        members.insert(
            "connection".into(),
            json!(connection.full_name.or(connection.name)),
        );
        members.insert("synced_at".into(), json!(synced_at));
    }
    terminal::print_json(&shown)
}
