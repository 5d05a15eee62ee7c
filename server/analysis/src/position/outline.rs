//! The outline of one file.

use super::{OutlineItem, Span};
use crate::Dialect;
use crate::jinja::blocks::blocks;
use crate::jinja::mask::mask;
use crate::sql::lex::tokens;
use crate::sql::sketch::{Query, sketch};
use crate::yaml::tree::{Entry, Node, parse};

/// The outline of an SQL text: macros, snapshots, CTEs, and the columns of the last SELECT.
pub(super) fn of_sql(path: &str, text: &str, dialect: Dialect) -> Vec<OutlineItem> {
    let mut items: Vec<OutlineItem> = blocks(text)
        .into_iter()
        .map(|block| OutlineItem {
            detail: (!block.arguments.is_empty()).then(|| block.arguments.join(", ")),
            name: block.name,
            kind: block.kind.to_owned(),
            range: block.span,
            selection: block.name_span,
            children: Vec::new(),
        })
        .collect();
    let masked = mask(text);
    let tokens = tokens(&masked.text, dialect);
    let (queries, targets) = sketch(&masked.text, &tokens);
    let made_by_macros = |span: Span| {
        items
            .iter()
            .any(|item| item.kind != "snapshot" && item.range.contains(span.start))
    };
    let stem = crate::dbt::files::stem(path);
    let mut found = Vec::new();
    for parts in &targets {
        if let (Some(first), Some(last)) = (parts.first(), parts.last()) {
            let name: Vec<&str> = parts.iter().map(|part| part.name.as_str()).collect();
            let span = Span::new(first.span.start, last.span.end);
            found.push(OutlineItem {
                name: name.join("."),
                kind: "table".to_owned(),
                detail: None,
                range: span,
                selection: span,
                children: Vec::new(),
            });
        }
    }
    for query in &queries {
        if query.span.start < query.span.end && !made_by_macros(query.span) {
            found.push(of_query(query, stem, &masked.text, &tokens));
        }
    }
    items.extend(found);
    items.sort_by_key(|item| (item.range.start, item.range.end));
    items
}

fn of_query(query: &Query, name: &str, sql: &str, tokens: &[crate::sql::lex::Token]) -> OutlineItem {
    let mut children: Vec<OutlineItem> = query
        .ctes
        .iter()
        .map(|cte| OutlineItem {
            name: cte.name.name.clone(),
            kind: "cte".to_owned(),
            detail: None,
            range: Span::new(cte.name.span.start, cte.query.span.end.max(cte.name.span.end)),
            selection: cte.name.span,
            children: columns(&cte.query, sql, tokens),
        })
        .collect();
    children.extend(columns(query, sql, tokens));
    let start = query.span.start;
    let first = tokens
        .iter()
        .find(|token| token.start == start)
        .map_or(start, |token| token.end);
    OutlineItem {
        name: name.to_owned(),
        kind: "query".to_owned(),
        detail: None,
        range: query.span,
        selection: Span::new(start, first.min(query.span.end)),
        children,
    }
}

fn columns(query: &Query, sql: &str, tokens: &[crate::sql::lex::Token]) -> Vec<OutlineItem> {
    let Some(block) = query.blocks.first() else {
        return Vec::new();
    };
    block
        .items
        .iter()
        .filter_map(|item| {
            let (first, last) = (tokens.get(item.first)?, tokens.get(item.end.checked_sub(1)?)?);
            let selection = match &item.alias {
                Some(alias) => alias.span,
                None if last.is_name() => Span::new(last.start, last.end),
                None => return None,
            };
            let name = item
                .alias
                .as_ref()
                .map_or_else(|| last.name(sql), |alias| alias.name.clone());
            if crate::jinja::mask::is_placeholder(&name) {
                return None;
            }
            Some(OutlineItem {
                name,
                kind: "column".to_owned(),
                detail: None,
                range: Span::new(first.start, last.end),
                selection,
                children: Vec::new(),
            })
        })
        .collect()
}

/// The outline of dbt's YAML: everything with a name, columns below their models.
pub(super) fn of_yaml(text: &str) -> Vec<OutlineItem> {
    parse(text)
        .entries()
        .iter()
        .flat_map(|entry| of_list(entry, kind_of(&entry.key)))
        .collect()
}

fn kind_of(key: &str) -> Option<&'static str> {
    Some(match key {
        "models" => "model",
        "seeds" => "seed",
        "snapshots" => "snapshot",
        "sources" => "source",
        "tables" => "table",
        "columns" => "column",
        "macros" => "macro",
        "exposures" => "exposure",
        "metrics" => "metric",
        "semantic_models" => "semantic_model",
        "analyses" => "analysis",
        "unit_tests" | "data_tests" => "test",
        _ => return None,
    })
}

fn of_list(entry: &Entry, kind: Option<&'static str>) -> Vec<OutlineItem> {
    let Some(kind) = kind else { return Vec::new() };
    entry
        .value
        .items()
        .iter()
        .filter_map(|item| of_item(item, kind))
        .collect()
}

fn of_item(item: &Node, kind: &str) -> Option<OutlineItem> {
    let (name, selection) = item.text("name")?;
    let children = item
        .entries()
        .iter()
        .filter(|entry| matches!(entry.key.as_str(), "columns" | "tables"))
        .flat_map(|entry| of_list(entry, kind_of(&entry.key)))
        .collect();
    let span = item.span();
    Some(OutlineItem {
        name: name.to_owned(),
        kind: kind.to_owned(),
        detail: item.text("data_type").map(|(text, _)| text.to_owned()),
        range: Span::new(span.start.min(selection.start), span.end.max(selection.end)),
        selection,
        children,
    })
}

/// The outline of Markdown: its `docs` blocks.
pub(super) fn of_markdown(text: &str) -> Vec<OutlineItem> {
    blocks(text)
        .into_iter()
        .filter(|block| block.kind == "docs")
        .map(|block| OutlineItem {
            name: block.name,
            kind: "docs".to_owned(),
            detail: None,
            range: block.span,
            selection: block.name_span,
            children: Vec::new(),
        })
        .collect()
}
