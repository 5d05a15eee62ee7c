//! The text literal at a place of a Python file.

use ruff_python_ast::visitor::{Visitor, walk_expr};
use ruff_python_ast::{Expr, PySourceType};
use ruff_python_parser::parse_unchecked_source;

use crate::Span;

/// The literal at byte `offset` and where it stands, without its quotes. Call it on a thread with `STACK_BYTES` of
/// stack.
pub(crate) fn literal_at(text: &str, offset: usize) -> Option<(String, Span)> {
    let parsed = parse_unchecked_source(text, PySourceType::Python);
    let mut search = Search { offset, found: None };
    search.visit_body(parsed.suite());
    search.found
}

struct Search {
    offset: usize,
    found: Option<(String, Span)>,
}

impl<'a> Visitor<'a> for Search {
    fn visit_expr(&mut self, expr: &'a Expr) {
        if let Expr::StringLiteral(literal) = expr {
            for part in &literal.value {
                let range = part.content_range();
                let span = Span::new(range.start().to_usize(), range.end().to_usize());
                if span.contains(self.offset) {
                    self.found = Some((part.value.to_string(), span));
                }
            }
        }
        if self.found.is_none() {
            walk_expr(self, expr);
        }
    }
}
