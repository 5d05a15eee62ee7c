//! `metasync lineage`.

use metasync_language_server::answers::lineage::{Options, Way, lineage};
use metasync_protocol::editor::{LineageAnswer, LineageNode};

use super::opened;
use crate::{
    arguments::LineageOptions,
    terminal::{self, Failure},
};

/// What an object is built from, and what uses it.
pub fn run(options: &LineageOptions) -> Result<(), Failure> {
    let (_, reader) = opened::cache(&options.cache)?;
    let direction = match (options.upstream, options.downstream) {
        (true, false) => Way::Upstream,
        (false, true) => Way::Downstream,
        _ => Way::Both,
    };
    let wanted = Options {
        direction,
        column: options.column.clone(),
        depth: options.depth,
    };
    let answer = lineage(&reader, &options.name, &wanted)?;
    if options.cache.json {
        terminal::print_json(&answer)
    } else {
        terminal::print(&tree(&answer, direction))
    }
}

/// The answer as a tree of names.
pub fn tree(answer: &LineageAnswer, direction: Way) -> String {
    let mut lines = vec![format!("{} ({})", answer.object.name, answer.object.object_type)];
    let mut part = |title: &str, nodes: &[LineageNode]| {
        if nodes.is_empty() {
            lines.push(format!("  {title}: nothing"));
        } else {
            lines.push(format!("  {title}"));
            branches(nodes, "  ", &mut lines);
        }
    };
    if direction != Way::Downstream {
        part("built from", &answer.upstream);
    }
    if direction != Way::Upstream {
        part("used by", &answer.downstream);
    }
    lines.join("\n")
}

fn branches(nodes: &[LineageNode], indent: &str, lines: &mut Vec<String>) {
    for (i, node) in nodes.iter().enumerate() {
        let last = i + 1 == nodes.len();
        let columns = if node.columns.is_empty() {
            String::new()
        } else {
            format!(": {}", node.columns.join(", "))
        };
        let fork = if last { "└─ " } else { "├─ " };
        lines.push(format!(
            "{indent}{fork}{} ({}){columns}",
            node.object.name, node.object.object_type
        ));
        let children = node
            .upstream
            .as_deref()
            .or(node.downstream.as_deref())
            .unwrap_or_default();
        branches(
            children,
            &format!("{indent}{}", if last { "   " } else { "│  " }),
            lines,
        );
    }
}
