//! FROM and JOIN in a sketch.

use super::{AFTER_FROM, Block, MAX_NESTING, Origin, Reader, Relation};
use crate::span::Span;

impl Reader<'_> {
    pub(super) fn relations(&mut self, first: usize, end: usize, depth: usize, block: &mut Block) -> usize {
        let mut at = first;
        let mut expects = true;
        while at < end {
            if self.is_any(at, AFTER_FROM) || self.is(at, "select") {
                return at;
            }
            if self.mark(at, b',') || self.is_any(at, &["join", "apply"]) {
                expects = true;
                at += 1;
                continue;
            }
            if self.is_any(at, &["lateral", "only", "view", "outer"]) && expects {
                at += 1;
                continue;
            }
            if expects {
                let next = self.relation(at, end, depth, block);
                expects = false;
                if next > at {
                    at = next;
                    continue;
                }
            }
            if self.mark(at, b'(') {
                let close = self.close(at, end);
                let mut nested = Vec::new();
                self.group(at, close, &mut nested, depth + 1);
                block.nested.extend(nested);
                at = close;
            }
            at += 1;
        }
        end
    }

    pub(super) fn relation(&mut self, first: usize, end: usize, depth: usize, block: &mut Block) -> usize {
        let mut at = first;
        let origin = if self.mark(at, b'(') {
            let close = self.close(at, end);
            let origin = if self.begins_query(at + 1) {
                let mut query = self.query(at + 1, close, depth + 1);
                query.span = Span::new(
                    self.tokens[at].end,
                    self.tokens.get(close).map_or(self.sql.len(), |token| token.start),
                );
                Origin::Query(Box::new(query))
            } else {
                // `FROM (a JOIN b …)`
                if depth < MAX_NESTING {
                    self.relations_inside(at + 1, close, depth + 1, block);
                }
                Origin::Other
            };
            at = close + 1;
            origin
        } else if self.is_plain_name(at) {
            let (parts, next) = self.dotted(at, end);
            at = next;
            if self.mark(at, b'(') {
                let close = self.close(at, end);
                let mut nested = Vec::new();
                self.group(at, close, &mut nested, depth + 1);
                block.nested.extend(nested);
                at = close + 1;
                Origin::Other
            } else {
                Origin::Table(parts)
            }
        } else {
            return first;
        };
        if self.is(at, "as") {
            at += 1;
        }
        let mut alias = None;
        let mut columns = Vec::new();
        if at < end && self.is_plain_name(at) {
            alias = self.named(at);
            at += 1;
            if self.mark(at, b'(') {
                let close = self.close(at, end);
                columns = self.names(at + 1, close);
                at = close + 1;
            }
        }
        block.relations.push(Relation {
            origin,
            alias,
            columns,
        });
        at
    }

    pub(super) fn relations_inside(&mut self, first: usize, end: usize, depth: usize, block: &mut Block) {
        let _ = self.relations(first, end, depth, block);
    }
}
