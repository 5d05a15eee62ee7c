//! `textDocument/completion`: models in `ref()`, sources and their tables, columns after an alias
//! and in the select list, macros.

use metasync_analysis::{
    Completion, Language, Quoted, RelationName, Span, Writing, completion_at, quoted_at,
};
use metasync_cache::ObjectHit;
use metasync_ide::{Format, hover::ENTRY_TYPES, markup::Writer, rename::Files};
use tower_lsp::ls_types::{
    CompletionItem, CompletionItemKind, CompletionParams, CompletionResponse, CompletionTextEdit,
    Documentation, TextEdit,
};

use super::{Backend, convert, lookup::Lookups, server::Place};

/// Most items in one answer; with more, the editor asks again as one types.
const MAX_ITEMS: usize = 200;

const MODELS: &[&str] = &["model", "seed", "snapshot"];
const RELATIONS: &[&str] = &["model", "seed", "snapshot", "source", "table", "view"];

/// The words of dbt's templates, and what each does.
const BUILT_IN: &[(&str, &str)] = &[
    ("ref", "A model, seed or snapshot of the project."),
    (
        "source",
        "A table that something else loads, described under `sources:`.",
    ),
    ("config", "Settings of this model."),
    ("var", "A variable of the project."),
    ("env_var", "A variable of the environment."),
    ("this", "The relation that this model makes."),
    ("is_incremental", "Whether only new rows are to be made."),
    ("target", "The connection that dbt runs with."),
    ("doc", "A `docs` block."),
    ("adapter", "The warehouse's own functions."),
    ("run_query", "The result of a query, when dbt runs."),
];

/// The tests that dbt brings along.
const TESTS: &[(&str, &str)] = &[
    ("unique", "No value occurs twice."),
    ("not_null", "Every row has a value."),
    (
        "accepted_values",
        "Every value is one of a list: `values: [a, b]`.",
    ),
    (
        "relationships",
        "Every value is one of another model's column: `to: ref('x')`, `field: id`.",
    ),
];

struct Item {
    label: String,
    kind: CompletionItemKind,
    detail: Option<String>,
    description: Option<String>,
    /// Whether the label's small and large letters are those of the name: what YAML and CSV say of a table is not exact.
    is_exact: bool,
}

impl Item {
    fn new(label: String, kind: CompletionItemKind, detail: Option<String>) -> Item {
        Item {
            label,
            kind,
            detail,
            description: None,
            is_exact: true,
        }
    }

    /// The label as it is written at a place.
    fn written(&self, writing: &Writing<'_>, span: Span) -> String {
        let written = |name: &str| writing.written(span, name).unwrap_or_else(|_| name.to_owned());
        let folded = self.label.to_lowercase();
        if !self.is_exact && written(&folded) == folded {
            return self.label.clone();
        }
        written(&self.label)
    }
}

impl Backend {
    /// What fits at a position.
    pub(super) fn complete_at(&self, params: &CompletionParams) -> Option<CompletionResponse> {
        let at = &params.text_document_position;
        let here = self.place(&at.text_document.uri)?;
        let encoding = self.encoding();
        let text = &here.document.text;
        let offset = text.offset(at.position, encoding);
        let language = Language::of_path(&here.path);
        let wanted = completion_at(
            language,
            &here.path,
            &text.text,
            offset,
            &here.workspace.handle.view.options(),
        );
        let wanted = match (wanted, self.quoted(&here, offset)) {
            // a name between quotes
            (
                Some(wanted @ (Completion::Columns { span, .. } | Completion::Relations { span, .. })),
                Some(quoted),
            ) if span.start <= quoted.span.start && quoted.span.start <= span.start + 1 => wanted,
            // the cursor is in a text of its own: titles, rather than what SQL could have there
            (None | Some(Completion::Columns { .. } | Completion::Relations { .. }), Some(quoted)) => {
                return self.complete_entry(&here, offset, &quoted);
            }
            (wanted, _) => wanted?,
        };
        let lookups = Lookups::new(&here.workspace.handle.view, &here.path);
        let named = |types: &[&str], prefix: &str| lookups.names(types, prefix, MAX_ITEMS + 1);
        let object = |hit: ObjectHit| Item {
            description: hit.description,
            ..Item::new(hit.name, CompletionItemKind::CLASS, Some(hit.object_type))
        };
        let is_sql_name = matches!(wanted, Completion::Columns { .. } | Completion::Relations { .. });
        let (items, span): (Vec<Item>, Span) = match wanted {
            Completion::Refs { prefix, span, .. } => {
                (named(MODELS, &prefix).into_iter().map(object).collect(), span)
            }
            Completion::Relations { ctes, prefix, span } => {
                let known = named(RELATIONS, &prefix).into_iter().map(object);
                (ctes.into_iter().map(local).chain(known).collect(), span)
            }
            Completion::Sources { prefix, span } => {
                let mut sources: Vec<String> = named(&["source"], "")
                    .iter()
                    .filter_map(|hit| source_of(&hit.full_name))
                    .collect();
                sources.sort();
                sources.dedup();
                let fitting = sources.into_iter().filter(|s| s.starts_with(&prefix));
                let item = |label| Item::new(label, CompletionItemKind::MODULE, Some("source".into()));
                (fitting.map(item).collect(), span)
            }
            Completion::SourceTables { source, prefix, span } => {
                let of_source =
                    |hit: &ObjectHit| source_of(&hit.full_name).as_deref() == Some(source.as_str());
                (
                    named(&["source"], &prefix)
                        .into_iter()
                        .filter(of_source)
                        .map(object)
                        .collect(),
                    span,
                )
            }
            Completion::Macros {
                package,
                prefix,
                span,
            } => {
                let item = |hit: ObjectHit| Item {
                    kind: CompletionItemKind::FUNCTION,
                    ..object(hit)
                };
                let known = named(&["macro"], &prefix).into_iter().map(item);
                let own = BUILT_IN.iter().filter(|_| package.is_none());
                let own = own.map(|known| function(known, "dbt"));
                let own = own.filter(|item| starts_with(&item.label, &prefix));
                (known.chain(own).collect(), span)
            }
            Completion::Columns {
                relations,
                local_columns,
                prefix,
                span,
            } => {
                let columns = columns(&lookups, &relations);
                let all = local_columns.into_iter().map(local).chain(columns);
                (all.filter(|i| starts_with(&i.label, &prefix)).collect(), span)
            }
            Completion::Docs { prefix, span } => {
                let texts = self.texts(&here.workspace);
                let blocks = docs(&texts)
                    .into_iter()
                    .filter(|label| starts_with(label, &prefix));
                let item = |label| Item::new(label, CompletionItemKind::TEXT, Some("docs block".into()));
                (blocks.map(item).collect(), span)
            }
            Completion::Keys { keys, prefix, span } => {
                let fitting = keys.into_iter().filter(|key| starts_with(key, &prefix));
                let item = |label| Item::new(label, CompletionItemKind::PROPERTY, None);
                (fitting.map(item).collect(), span)
            }
            Completion::Tests { prefix, span } => {
                let own = named(&["macro"], "test_").into_iter();
                let own = own.filter_map(|hit| {
                    let label = hit.name.strip_prefix("test_")?.to_owned();
                    let detail = Some("generic test".into());
                    Some(Item {
                        description: hit.description,
                        ..Item::new(label, CompletionItemKind::FUNCTION, detail)
                    })
                });
                let all = TESTS
                    .iter()
                    .map(|known| function(known, "dbt's own test"))
                    .chain(own);
                (
                    all.filter(|item| starts_with(&item.label, &prefix)).collect(),
                    span,
                )
            }
        };
        let range = text.range(span.start, span.end, encoding);
        let format = self.offers.read().completion;
        let dialect = here.workspace.handle.view.options().dialect;
        let writing = is_sql_name.then(|| Writing::new(&here.path, &text.text, dialect));
        let typed = text.text.get(span.start..span.end).unwrap_or_default();
        let mut seen = std::collections::HashSet::new();
        let mut list: Vec<CompletionItem> = items
            .into_iter()
            .filter(|item| seen.insert(item.label.clone()))
            .map(|item| {
                let new_text = match &writing {
                    Some(writing) => item.written(writing, span),
                    None => item.label.clone(),
                };
                // editors compare it with what the item replaces
                let filter_text = if typed.starts_with(['"', '`', '[', '\'']) {
                    new_text.clone()
                } else {
                    item.label.clone()
                };
                CompletionItem {
                    kind: Some(item.kind),
                    detail: item.detail,
                    documentation: item.description.map(|d| documentation(&d, format)),
                    text_edit: Some(CompletionTextEdit::Edit(TextEdit { range, new_text })),
                    filter_text: Some(filter_text),
                    label: item.label,
                    ..CompletionItem::default()
                }
            })
            .collect();
        let is_incomplete = list.len() > MAX_ITEMS;
        list.truncate(MAX_ITEMS);
        Some(CompletionResponse::List(tower_lsp::ls_types::CompletionList {
            is_incomplete,
            items: list,
        }))
    }
}

impl Backend {
    /// The text between the quotes around the cursor, where titles are to be offered in such.
    fn quoted(&self, here: &Place, offset: usize) -> Option<Quoted> {
        if !self.features.read().content.completion {
            return None;
        }
        let text = &here.document.text.text;
        quoted_at(Language::of_path(&here.path), text, offset).filter(|quoted| quoted.is_quoted)
    }

    /// Titles of entries that begin like the text up to the cursor.
    fn complete_entry(&self, here: &Place, offset: usize, quoted: &Quoted) -> Option<CompletionResponse> {
        let text = &here.document.text;
        let prefix = text.text.get(quoted.span.start..offset)?;
        let hits = (here.workspace.handle.view)
            .ask(|reader| reader.names_of_type(ENTRY_TYPES, prefix, MAX_ITEMS + 1))
            .unwrap_or_default();
        let range = text.range(quoted.span.start, quoted.span.end, self.encoding());
        let format = self.offers.read().completion;
        let is_incomplete = hits.len() > MAX_ITEMS;
        let quote = text
            .text
            .get(..quoted.span.start)
            .and_then(|before| before.chars().next_back());
        let written = |name: &str| match (quote, Language::of_path(&here.path)) {
            (Some(quote), Language::Sql) => name.replace(quote, &format!("{quote}{quote}")),
            _ => name.to_owned(),
        };
        let mut seen = std::collections::HashSet::new();
        let items = hits
            .into_iter()
            .take(MAX_ITEMS)
            .filter(|hit| seen.insert((hit.name.clone(), hit.description.clone())))
            .map(|hit| CompletionItem {
                kind: Some(CompletionItemKind::VALUE),
                detail: Some(hit.connection.clone().unwrap_or(hit.object_type)),
                documentation: hit.description.map(|d| documentation(&d, format)),
                text_edit: Some(CompletionTextEdit::Edit(TextEdit {
                    range,
                    new_text: written(&hit.name),
                })),
                filter_text: Some(hit.name.clone()),
                label: hit.name,
                ..CompletionItem::default()
            })
            .collect();
        Some(CompletionResponse::List(tower_lsp::ls_types::CompletionList {
            is_incomplete,
            items,
        }))
    }
}

/// The names of the `docs` blocks in the workspace's Markdown files.
fn docs(texts: &super::texts::Texts) -> Vec<String> {
    let mut found = Vec::new();
    for (path, text) in texts.mentioning("enddocs") {
        let file = metasync_ide::File::new(&path, &text);
        let names = metasync_ide::file::names(&file);
        let blocks = names.iter().filter_map(|one| match &one.symbol.kind {
            metasync_analysis::SymbolKind::Doc { name }
                if one.role == metasync_analysis::Role::Definition =>
            {
                Some(name.clone())
            }
            _ => None,
        });
        found.extend(blocks);
    }
    found.sort();
    found.dedup();
    found
}

fn local(label: String) -> Item {
    Item::new(label, CompletionItemKind::VARIABLE, Some("this file".into()))
}

fn function((label, description): &(&str, &str), detail: &str) -> Item {
    Item {
        description: Some((*description).to_owned()),
        ..Item::new(
            (*label).to_owned(),
            CompletionItemKind::FUNCTION,
            Some(detail.to_owned()),
        )
    }
}

fn columns(lookups: &Lookups<'_>, relations: &[RelationName]) -> Vec<Item> {
    relations
        .iter()
        .filter_map(|relation| lookups.object(lookups.relation(relation).first()?.id))
        .flat_map(|facts| {
            let owner = facts.object.name;
            let is_exact = !matches!(facts.object.object_type.as_str(), "source" | "seed");
            facts.columns.into_iter().map(move |column| {
                let detail = match column.data_type {
                    Some(data_type) => format!("{owner} · {data_type}"),
                    None => owner.clone(),
                };
                Item {
                    description: column.description,
                    is_exact,
                    ..Item::new(column.name, CompletionItemKind::FIELD, Some(detail))
                }
            })
        })
        .collect()
}

fn starts_with(label: &str, prefix: &str) -> bool {
    label
        .get(..prefix.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

/// `project.source.table` → `source`.
fn source_of(full_name: &str) -> Option<String> {
    let mut parts = full_name.rsplit('.');
    parts.next()?;
    parts.next().map(str::to_owned)
}

fn documentation(text: &str, format: Format) -> Documentation {
    let mut w = Writer::new(format);
    w.prose(text);
    Documentation::MarkupContent(convert::markup(w.finish()))
}
