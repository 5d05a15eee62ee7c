//! The shape of SQL read from tokens alone: queries, their CTEs, select items and relations, with places. Made for
//! half-typed text: nothing is ever refused, what is missing is left out.

mod from;

use super::lex::{Token, TokenKind};
pub(crate) use super::shape::{Block, Cte, Item, Named, Origin, Query, Relation, is_reserved};
use crate::span::Span;

/// How deep queries and parentheses may be nested; what lies deeper is not looked into.
const MAX_NESTING: usize = 60;

/// All queries of a text, in order, and the tables that statements name outside of queries (`INSERT INTO t`).
pub(crate) fn sketch(sql: &str, tokens: &[Token]) -> (Vec<Query>, Vec<Vec<Named>>) {
    let mut reader = Reader {
        sql,
        tokens,
        targets: Vec::new(),
    };
    let mut queries = Vec::new();
    let mut first = 0;
    for at in 0..=tokens.len() {
        if at == tokens.len() || tokens[at].kind == TokenKind::Mark(b';') {
            reader.statement(first, at, &mut queries);
            first = at + 1;
        }
    }
    (queries, reader.targets)
}

const SET_OPERATORS: &[&str] = &["union", "intersect", "except", "minus"];
const AFTER_FROM: &[&str] = &[
    "where",
    "group",
    "having",
    "order",
    "limit",
    "qualify",
    "window",
    "fetch",
    "offset",
    "returning",
    "sort",
    "cluster",
    "distribute",
];

/// Functions with a FROM among their arguments.
const FUNCTIONS_WITH_FROM: &[&str] = &[
    "extract",
    "trim",
    "substring",
    "substr",
    "overlay",
    "position",
    "date_part",
];

struct Reader<'a> {
    sql: &'a str,
    tokens: &'a [Token],
    targets: Vec<Vec<Named>>,
}

impl Reader<'_> {
    fn is(&self, at: usize, word: &str) -> bool {
        self.tokens.get(at).is_some_and(|token| token.is(self.sql, word))
    }

    fn is_any(&self, at: usize, words: &[&str]) -> bool {
        self.tokens
            .get(at)
            .is_some_and(|token| token.is_any(self.sql, words))
    }

    fn mark(&self, at: usize, mark: u8) -> bool {
        self.tokens
            .get(at)
            .is_some_and(|token| token.kind == TokenKind::Mark(mark))
    }

    fn named(&self, at: usize) -> Option<Named> {
        let token = self.tokens.get(at)?;
        Some(Named {
            name: token.name(self.sql),
            span: Span::new(token.start, token.end),
        })
    }

    fn is_plain_name(&self, at: usize) -> bool {
        self.tokens
            .get(at)
            .is_some_and(|token| token.is_name() && !is_reserved(token, self.sql))
    }

    fn span(&self, first: usize, end: usize) -> Span {
        let start = self.tokens.get(first).map_or(self.sql.len(), |token| token.start);
        let last = end
            .checked_sub(1)
            .and_then(|last| self.tokens.get(last))
            .map_or(start, |token| token.end);
        Span::new(start, last.max(start))
    }

    /// The closing parenthesis for the opening one at `open`, or `end`. Arguments that run into a FROM clause are
    /// being typed: they end before it.
    fn close(&self, open: usize, end: usize) -> usize {
        let mut depth = 0usize;
        let begins = self.begins_query(open + 1) && !self.is(open + 1, "from");
        let is_call = open
            .checked_sub(1)
            .is_some_and(|before| self.is_plain_name(before) && !self.is_any(before, FUNCTIONS_WITH_FROM));
        let may_hold_from = begins || !is_call;
        for at in open..end {
            if depth == 1 && !may_hold_from && self.is(at, "from") && !self.is_function_word(at) {
                return at - 1;
            }
            match self.tokens[at].kind {
                TokenKind::Mark(b'(') => depth += 1,
                TokenKind::Mark(b')') => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        return at;
                    }
                }
                _ => {}
            }
        }
        end
    }

    fn statement(&mut self, first: usize, end: usize, queries: &mut Vec<Query>) {
        let mut at = first;
        while at < end {
            if self.is_any(at, &["select", "with", "from"])
                && !self.is_any(at + 1, &["time", "ordinality", "offset"])
            {
                let query = self.query(at, end, 0);
                queries.push(query);
                return;
            }
            if self.mark(at, b'(') {
                let close = self.close(at, end);
                if self.begins_query(at + 1) {
                    let query = self.query(at + 1, close, 0);
                    queries.push(query);
                } else {
                    let mut nested = Vec::new();
                    self.expressions(at + 1, close, &mut nested, 1);
                    queries.extend(nested);
                }
                at = close + 1;
                continue;
            }
            if self.is_any(
                at,
                &["into", "table", "view", "update", "exists", "using", "overwrite"],
            ) && self.is_plain_name(at + 1)
            {
                let (parts, next) = self.dotted(at + 1, end);
                if !parts.is_empty() {
                    self.targets.push(parts);
                    at = next;
                    continue;
                }
            }
            at += 1;
        }
    }

    fn begins_query(&self, at: usize) -> bool {
        self.is_any(at, &["select", "with", "from"])
            || self.mark(at, b'(') && (self.is_any(at + 1, &["select", "with"]) || self.mark(at + 1, b'('))
    }

    fn dotted(&self, first: usize, end: usize) -> (Vec<Named>, usize) {
        let mut parts = Vec::new();
        let mut at = first;
        while at < end {
            let Some(token) = self.tokens.get(at) else { break };
            if !token.is_name() || parts.is_empty() && is_reserved(token, self.sql) {
                break;
            }
            // BigQuery: dots inside one pair of backticks.
            parts.extend(self.named(at));
            at += 1;
            if self.mark(at, b'.') {
                at += 1;
            } else {
                break;
            }
        }
        (parts, at)
    }

    fn query(&mut self, first: usize, end: usize, depth: usize) -> Query {
        let mut query = Query {
            span: self.span(first, end),
            ..Query::default()
        };
        if depth > MAX_NESTING {
            return query;
        }
        let mut at = first;
        if self.is(at, "with") {
            at += 1;
            if self.is(at, "recursive") {
                at += 1;
            }
            while at < end && self.is_plain_name(at) {
                let Some(name) = self.named(at) else { break };
                at += 1;
                let mut columns = Vec::new();
                if self.mark(at, b'(') {
                    let close = self.close(at, end);
                    columns = self.names(at + 1, close);
                    at = close + 1;
                }
                while self.is_any(at, &["as", "not", "materialized"]) {
                    at += 1;
                }
                if !self.mark(at, b'(') {
                    break;
                }
                let close = self.close(at, end);
                let mut inner = self.query(at + 1, close, depth + 1);
                // White space before the parenthesis is inside it too.
                inner.span = Span::new(
                    self.tokens[at].end,
                    self.tokens.get(close).map_or(self.sql.len(), |token| token.start),
                );
                query.ctes.push(Cte {
                    name,
                    columns,
                    query: inner,
                });
                at = close + 1;
                if self.mark(at, b',') {
                    at += 1;
                } else {
                    break;
                }
            }
        }
        while at < end {
            at = self.block(at, end, depth, &mut query);
        }
        query
    }

    fn names(&self, first: usize, end: usize) -> Vec<Named> {
        (first..end)
            .filter(|at| self.tokens[*at].is_name())
            .filter_map(|at| self.named(at))
            .collect()
    }

    /// Reads one SELECT; returns where the next one begins.
    fn block(&mut self, first: usize, end: usize, depth: usize, query: &mut Query) -> usize {
        // The end: a set operator outside parentheses.
        let mut stop = first;
        let mut at = first;
        while at < end {
            if self.mark(at, b'(') {
                at = self.close(at, end) + 1;
                continue;
            }
            if self.is_any(at, SET_OPERATORS) && !self.is_star_except(at) {
                break;
            }
            at += 1;
            stop = at;
        }
        let stop = at.max(stop).min(end);
        let mut next = stop;
        if next < end {
            next += 1;
            while self.is_any(next, &["all", "distinct"]) {
                next += 1;
            }
            if self.is(next, "by") {
                next += 2;
            }
        }
        if self.mark(first, b'(') && self.begins_query(first + 1) {
            let close = self.close(first, stop);
            let inner = self.query(first + 1, close, depth + 1);
            query.ctes.extend(inner.ctes);
            query.blocks.extend(inner.blocks);
            return next.max(first + 1);
        }
        let block = self.select(first, stop, depth);
        query.blocks.push(block);
        next.max(first + 1)
    }

    /// `* EXCEPT (a)` is no set operation.
    fn is_star_except(&self, at: usize) -> bool {
        self.is(at, "except")
            && self.mark(at + 1, b'(')
            && !self.begins_query(at + 2)
            && at.checked_sub(1).is_some_and(|before| self.mark(before, b'*'))
    }

    fn select(&mut self, first: usize, end: usize, depth: usize) -> Block {
        let mut block = Block {
            span: self.span(first, end),
            ..Block::default()
        };
        let mut at = first;
        if self.is(at, "select") {
            at += 1;
            while self.is_any(at, &["distinct", "all"]) {
                at += 1;
            }
            if self.is(at, "top") {
                at += 2;
            }
            at = self.items(at, end, depth, &mut block);
        }
        block.items_end = self.tokens.get(at).map_or(self.sql.len(), |token| token.start);
        if self.is(at, "into") {
            let (parts, next) = self.dotted(at + 1, end);
            self.targets.push(parts);
            at = next;
        }
        if self.is(at, "from") {
            at = self.relations(at + 1, end, depth, &mut block);
        }
        if block.items.is_empty() && self.is(at, "select") {
            // DuckDB: FROM first.
            at = self.items(at + 1, end, depth, &mut block);
        }
        let mut nested = Vec::new();
        self.expressions(at, end, &mut nested, depth + 1);
        block.nested.extend(nested);
        block
    }

    fn items(&mut self, first: usize, end: usize, depth: usize, block: &mut Block) -> usize {
        let mut at = first;
        let mut start = first;
        let mut cases = 0usize;
        loop {
            // a CASE without its END is being typed
            let over = at >= end
                || self.is(at, "from") && !self.is_function_word(at)
                || cases == 0 && (self.is(at, "into") || self.is_any(at, AFTER_FROM));
            if over || self.mark(at, b',') {
                if at > start {
                    let alias = self.alias_of_item(start, at.min(end));
                    block.items.push(Item {
                        first: start,
                        end: at.min(end),
                        alias,
                    });
                }
                if over {
                    return at.min(end);
                }
                start = at + 1;
                cases = 0;
            } else if self.is(at, "case") {
                cases += 1;
            } else if self.is(at, "end") {
                cases = cases.saturating_sub(1);
            } else if self.mark(at, b'(') {
                let close = self.close(at, end);
                let mut nested = Vec::new();
                self.group(at, close, &mut nested, depth + 1);
                block.nested.extend(nested);
                at = close;
            }
            at += 1;
        }
    }

    /// `IS DISTINCT FROM`: no FROM clause.
    fn is_function_word(&self, at: usize) -> bool {
        self.is(at, "from") && at > 0 && self.is(at - 1, "distinct")
    }

    fn alias_of_item(&self, first: usize, end: usize) -> Option<Named> {
        let last = end.checked_sub(1)?;
        if last <= first || !self.tokens.get(last)?.is_name() {
            return None;
        }
        let before = last - 1;
        if self.is(before, "as") {
            return self.named(last);
        }
        // `expression alias`
        let token = self.tokens.get(before)?;
        let ends_expression = match token.kind {
            TokenKind::Mark(mark) => mark == b')' || mark == b']',
            TokenKind::Word => token.is(self.sql, "end") || !is_reserved(token, self.sql),
            TokenKind::Quoted | TokenKind::Text | TokenKind::Number => true,
        };
        (ends_expression && self.is_plain_name(last))
            .then(|| self.named(last))
            .flatten()
    }

    /// Queries inside parentheses.
    fn group(&mut self, open: usize, close: usize, nested: &mut Vec<Query>, depth: usize) {
        if self.begins_query(open + 1) && !self.is(open + 1, "from") {
            let mut query = self.query(open + 1, close, depth + 1);
            query.span = Span::new(
                self.tokens[open].end,
                self.tokens.get(close).map_or(self.sql.len(), |token| token.start),
            );
            nested.push(query);
        } else {
            self.expressions(open + 1, close, nested, depth);
        }
    }

    fn expressions(&mut self, first: usize, end: usize, nested: &mut Vec<Query>, depth: usize) {
        if depth > MAX_NESTING {
            return;
        }
        let mut at = first;
        while at < end {
            if self.mark(at, b'(') {
                let close = self.close(at, end);
                self.group(at, close, nested, depth + 1);
                at = close;
            }
            at += 1;
        }
    }
}
