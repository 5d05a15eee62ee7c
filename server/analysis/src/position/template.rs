//! What stands in a Jinja tag.

use super::occurrences::{is_relation, plain};
use super::{Occurrence, RelationName, Role, Symbol, SymbolKind};
use crate::Span;
use crate::jinja::blocks::{Block, blocks};
use crate::jinja::calls::{Argument, Call, calls};
use crate::jinja::lex::{TagKind, tags};

/// Names that dbt and Jinja bring along: nothing in the catalogue answers to them.
const BUILT_IN: &[&str] = &[
    "adapter",
    "api",
    "as_bool",
    "as_native",
    "as_number",
    "as_text",
    "caller",
    "config",
    "context",
    "cycler",
    "dbt_version",
    "debug",
    "dict",
    "dispatch",
    "env_var",
    "exceptions",
    "execute",
    "flags",
    "fromjson",
    "fromyaml",
    "graph",
    "invocation_id",
    "is_incremental",
    "joiner",
    "local_md5",
    "log",
    "lipsum",
    "loop",
    "model",
    "modules",
    "namespace",
    "print",
    "range",
    "return",
    "run_query",
    "run_started_at",
    "schema",
    "set",
    "statement",
    "super",
    "target",
    "tojson",
    "toyaml",
    "var",
    "varargs",
    "zip",
];

/// Words of Jinja's statements.
const KEYWORDS: &[&str] = &[
    "if",
    "elif",
    "else",
    "endif",
    "for",
    "endfor",
    "in",
    "set",
    "endset",
    "do",
    "macro",
    "endmacro",
    "call",
    "endcall",
    "filter",
    "endfilter",
    "and",
    "or",
    "not",
    "is",
    "block",
    "endblock",
    "snapshot",
    "endsnapshot",
    "docs",
    "enddocs",
    "test",
    "endtest",
    "import",
    "from",
    "include",
    "raw",
    "endraw",
    "materialization",
    "endmaterialization",
    "recursive",
    "defined",
    "none",
    "true",
    "false",
];

/// Whether `offset` lies in a tag, and what stands there.
pub(super) fn symbol(text: &str, offset: usize) -> Option<Option<Symbol>> {
    let tag = tags(text)
        .into_iter()
        .find(|tag| tag.start <= offset && offset < tag.end)?;
    if tag.kind == TagKind::Comment {
        return Some(None);
    }
    if tag.kind == TagKind::Statement
        && let Some(symbol) = heading(text, offset)
    {
        return Some(Some(symbol));
    }
    Some(in_calls(text, tag.inner_start, tag.inner_end, offset))
}

/// Every name in the tags of a text.
pub(super) fn all(text: &str) -> Vec<Occurrence> {
    let mut found: Vec<Occurrence> = blocks(text)
        .into_iter()
        .filter_map(of_block)
        .map(|symbol| plain(symbol, Role::Definition))
        .collect();
    for tag in tags(text).iter().filter(|tag| tag.kind != TagKind::Comment) {
        let span = Span::new(tag.inner_start, tag.inner_end);
        found.extend(in_all_calls(text, span));
    }
    found
}

/// Every name among the calls of a place.
pub(super) fn in_all_calls(text: &str, place: Span) -> Vec<Occurrence> {
    let mut found = Vec::new();
    for call in calls(text, place.start, place.end) {
        let strings = call.arguments.iter().map(|argument| argument.span);
        let names = call.path.iter().map(|(_, span)| *span);
        let last = call.arguments.iter().rfind(|argument| argument.name.is_none());
        let last = last.map(|argument| argument.span);
        for span in names.chain(strings) {
            let Some(symbol) = in_call(&call, span.start) else {
                continue;
            };
            // the package of `ref('package', 'model')`, the source of `source('source', 'table')`
            let is_part = is_relation(&symbol.kind) && last.is_some_and(|last| last != symbol.span);
            found.push(plain(symbol, if is_part { Role::Alias } else { Role::Reference }));
        }
    }
    found
}

/// The name in `{% macro name %}`, `{% docs name %}`, `{% snapshot name %}`.
pub(super) fn heading(text: &str, offset: usize) -> Option<Symbol> {
    let block = blocks(text)
        .into_iter()
        .find(|block| block.name_span.contains(offset))?;
    of_block(block)
}

fn of_block(block: Block) -> Option<Symbol> {
    let kind = match block.kind {
        "macro" => SymbolKind::Macro {
            package: None,
            name: block.name,
        },
        "test" => SymbolKind::Macro {
            package: None,
            name: format!("test_{}", block.name),
        },
        "docs" => SymbolKind::Doc { name: block.name },
        "snapshot" => SymbolKind::Relation(RelationName::Ref {
            package: None,
            name: block.name,
        }),
        _ => return None,
    };
    Some(Symbol {
        span: block.name_span,
        kind,
    })
}

/// What stands at `offset` among the calls between `start` and `end`: a name in an argument, or a macro's name.
pub(super) fn in_calls(text: &str, start: usize, end: usize, offset: usize) -> Option<Symbol> {
    calls(text, start, end)
        .iter()
        .rev()
        .find_map(|call| in_call(call, offset))
}

fn in_call(call: &Call, offset: usize) -> Option<Symbol> {
    let argument = call
        .arguments
        .iter()
        .find(|argument| argument.span.contains(offset));
    let positional: Vec<&Argument> = call
        .arguments
        .iter()
        .filter(|argument| argument.name.is_none())
        .collect();
    let text = |nth: usize| {
        positional
            .get(nth)
            .and_then(|argument| argument.value.as_ref()?.as_str())
    };
    let found = |kind: SymbolKind| {
        argument.map(|argument| Symbol {
            span: argument.span,
            kind,
        })
    };
    if let Some(argument) = argument {
        argument.value.as_ref()?.as_str()?;
        return match call.simple()? {
            "ref" | "source" => found(SymbolKind::Relation(crate::jinja::mask::relation(call)?)),
            "doc" => found(SymbolKind::Doc {
                name: text(1).or_else(|| text(0))?.to_owned(),
            }),
            "var"
                if positional
                    .first()
                    .is_some_and(|first| first.span == argument.span) =>
            {
                found(SymbolKind::Var {
                    name: text(0)?.to_owned(),
                })
            }
            _ => None,
        };
    }
    let (name, span) = call.path.iter().find(|(_, span)| span.contains(offset))?;
    if let [(name, span)] = call.path.as_slice() {
        if name == "this" {
            return Some(Symbol {
                span: *span,
                kind: SymbolKind::Relation(RelationName::ThisFile),
            });
        }
        if matches!(name.as_str(), "ref" | "source" | "doc") || !call.has_arguments {
            return None;
        }
    }
    let (first, _) = call.path.first()?;
    let is_known = |word: &str| BUILT_IN.contains(&word) || KEYWORDS.contains(&word);
    if is_known(first) || !call.has_arguments {
        return None;
    }
    match call.path.as_slice() {
        [_] => Some(Symbol {
            span: *span,
            kind: SymbolKind::Macro {
                package: None,
                name: name.clone(),
            },
        }),
        [(package, _), (name, span)] => Some(Symbol {
            span: *span,
            kind: SymbolKind::Macro {
                package: Some(package.clone()),
                name: name.clone(),
            },
        }),
        _ => None,
    }
}
