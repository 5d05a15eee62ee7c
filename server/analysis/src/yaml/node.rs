//! What a YAML text consists of.

use serde_json::Value;

use crate::span::Span;

/// How deep nodes may be nested; what lies deeper is skipped.
pub(super) const MAX_NESTING: usize = 60;

/// A piece of YAML and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Node {
    Map { entries: Vec<Entry>, span: Span },
    List { items: Vec<Node>, span: Span },
    Scalar { text: String, span: Span, quoted: bool },
    Null { span: Span },
}

/// A key of a map and its value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) key_span: Span,
    pub(crate) value: Node,
}

impl Node {
    pub(crate) const fn span(&self) -> Span {
        match self {
            Self::Map { span, .. }
            | Self::List { span, .. }
            | Self::Scalar { span, .. }
            | Self::Null { span } => *span,
        }
    }

    /// The value of a key of a map.
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        self.entries()
            .iter()
            .find(|entry| entry.key == key)
            .map(|entry| &entry.value)
    }

    pub(crate) fn entries(&self) -> &[Entry] {
        match self {
            Self::Map { entries, .. } => entries,
            _ => &[],
        }
    }

    pub(crate) fn items(&self) -> &[Self] {
        match self {
            Self::List { items, .. } => items,
            _ => &[],
        }
    }

    /// The text of a scalar and where it stands, without its quotes.
    pub(crate) fn scalar(&self) -> Option<(&str, Span)> {
        match self {
            Self::Scalar { text, span, .. } => Some((text, *span)),
            _ => None,
        }
    }

    /// The text of the scalar under `key`.
    pub(crate) fn text(&self, key: &str) -> Option<(&str, Span)> {
        self.get(key)?.scalar()
    }

    /// The same as JSON, for files that the real parser refuses.
    pub(crate) fn to_json(&self) -> Value {
        match self {
            Self::Map { entries, .. } => entries
                .iter()
                .map(|entry| (entry.key.clone(), entry.value.to_json()))
                .collect(),
            Self::List { items, .. } => items.iter().map(Self::to_json).collect(),
            Self::Scalar {
                text, quoted: true, ..
            } => Value::String(text.clone()),
            Self::Scalar { text, .. } => match text.as_str() {
                "true" | "True" => Value::Bool(true),
                "false" | "False" => Value::Bool(false),
                "null" | "~" | "" => Value::Null,
                other => other
                    .parse::<i64>()
                    .map_or_else(|_| Value::String(other.to_owned()), Value::from),
            },
            Self::Null { .. } => Value::Null,
        }
    }
}
