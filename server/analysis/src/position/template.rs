//! What stands in a Jinja tag.

use super::{RelationName, Symbol, SymbolKind};
use crate::jinja::blocks::blocks;
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

/// The name in `{% macro name %}`, `{% docs name %}`, `{% snapshot name %}`.
pub(super) fn heading(text: &str, offset: usize) -> Option<Symbol> {
    let block = blocks(text)
        .into_iter()
        .find(|block| block.name_span.contains(offset))?;
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
