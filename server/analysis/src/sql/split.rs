//! A text of many statements cut into single ones, also inside procedures, whose control flow is stepped over.

use super::lex::{Token, TokenKind};

/// One statement: a range of tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Piece {
    /// The first token.
    pub(crate) first: usize,
    /// The token after the last one.
    pub(crate) end: usize,
    /// Whether it stands in a procedure or block: what is no query there is control flow, not an error.
    pub(crate) procedural: bool,
}

/// Words that begin a statement worth reading.
pub(crate) const VERBS: &[&str] = &[
    "select", "with", "insert", "merge", "update", "create", "delete", "replace", "from", "values", "alter",
    "truncate", "drop", "table",
];

/// Cuts the tokens of `sql` into statements.
pub(crate) fn split(sql: &str, tokens: &[Token]) -> Vec<Piece> {
    cut(sql, tokens, false)
}

/// Cuts the tokens of the body of a procedure into statements.
pub(crate) fn split_block(sql: &str, tokens: &[Token]) -> Vec<Piece> {
    cut(sql, tokens, true)
}

fn cut(sql: &str, tokens: &[Token], procedural: bool) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut state = State {
        sql,
        tokens,
        procedural,
    };
    let mut first = 0;
    for at in 0..=tokens.len() {
        let ends = match tokens.get(at) {
            None => true,
            Some(token) => token.kind == TokenKind::Mark(b';') || state.is_separator_line(at),
        };
        if !ends {
            continue;
        }
        let separator_line = at < tokens.len() && tokens[at].kind != TokenKind::Mark(b';');
        state.piece(first, at, &mut pieces);
        if separator_line {
            state.procedural = false;
        }
        first = at + 1;
    }
    pieces
}

struct State<'a> {
    sql: &'a str,
    tokens: &'a [Token],
    procedural: bool,
}

impl State<'_> {
    fn is(&self, at: usize, word: &str) -> bool {
        self.tokens.get(at).is_some_and(|token| token.is(self.sql, word))
    }

    fn is_any(&self, at: usize, words: &[&str]) -> bool {
        self.tokens
            .get(at)
            .is_some_and(|token| token.is_any(self.sql, words))
    }

    /// `GO` or `/` alone on its line.
    fn is_separator_line(&self, at: usize) -> bool {
        let token = &self.tokens[at];
        if !(token.kind == TokenKind::Mark(b'/') || token.is(self.sql, "go")) {
            return false;
        }
        let before = self.sql.get(..token.start).unwrap_or("");
        let after = self.sql.get(token.end..).unwrap_or("");
        let blank = |text: &str| text.chars().all(char::is_whitespace);
        blank(before.rsplit('\n').next().unwrap_or("")) && blank(after.split('\n').next().unwrap_or(""))
    }

    /// Finds `word` outside parentheses and outside CASE … END.
    fn find(&self, from: usize, end: usize, word: &str) -> Option<usize> {
        let (mut parens, mut cases) = (0usize, 0usize);
        for at in from..end {
            let token = &self.tokens[at];
            match token.kind {
                TokenKind::Mark(b'(') => parens += 1,
                TokenKind::Mark(b')') => parens = parens.saturating_sub(1),
                TokenKind::Word if parens == 0 => {
                    if cases == 0 && token.is(self.sql, word) {
                        return Some(at);
                    }
                    if token.is(self.sql, "case") {
                        cases += 1;
                    } else if token.is(self.sql, "end") {
                        cases = cases.saturating_sub(1);
                    }
                }
                _ => {}
            }
        }
        None
    }

    fn piece(&mut self, mut first: usize, mut end: usize, pieces: &mut Vec<Piece>) {
        while first < end {
            let Some(next) = self.step(first, end) else { break };
            if next <= first {
                break;
            }
            first = next;
        }
        if first >= end {
            return;
        }
        if self.procedural {
            // T-SQL: `… FROM t END` without a semicolon.
            let count = |word| (first..end).filter(|at| self.is(*at, word)).count();
            let mut surplus = count("end").saturating_sub(count("case"));
            while surplus > 0 && end > first && self.is(end - 1, "end") {
                end -= 1;
                surplus -= 1;
            }
            if !self.is_any(first, VERBS) || first >= end {
                return;
            }
        }
        pieces.push(Piece {
            first,
            end,
            procedural: self.procedural,
        });
    }

    /// If control flow stands at `first`, the token after it.
    fn step(&mut self, first: usize, end: usize) -> Option<usize> {
        if self.is_any(first, &["create", "alter"])
            && let Some(next) = self.procedure(first, end)
        {
            return Some(next);
        }
        if self.is_any(first, &["create", "alter"]) {
            return None;
        }
        if self.is(first, "begin") {
            if first + 1 == end {
                // A block whose first statement was cut off: nothing to read.
                return Some(end);
            }
            if self.is_any(
                first + 1,
                &[
                    "transaction",
                    "work",
                    "tran",
                    "deferred",
                    "immediate",
                    "exclusive",
                ],
            ) {
                // What follows without a semicolon (T-SQL) counts.
                return Some(self.next_verb(first + 2, end));
            }
            self.procedural = true;
            return Some(first + 1);
        }
        if self.is(first, "declare") {
            if self.is_any(first + 2, &["table"]) || self.is_any(first + 3, &["table"]) {
                // T-SQL's table variable.
                return None;
            }
            if !self.procedural
                && let Some(at) = self.find(first, end, "begin").or_else(|| {
                    let verb = self.next_verb(first + 1, end);
                    (verb < end && self.tokens[first + 1].text(self.sql).starts_with('@')).then_some(verb)
                })
            {
                self.procedural = self.is(at, "begin");
                return Some(if self.is(at, "begin") { at + 1 } else { at });
            }
            self.procedural = true;
            return Some(self.find(first, end, "begin").map_or(end, |at| at + 1));
        }
        if !self.procedural {
            return None;
        }
        if self.is_any(first, &["if", "elseif", "elsif", "when"]) {
            if let Some(then) = self.find(first, end, "then") {
                return Some(then + 1);
            }
            return Some(self.next_verb(first + 1, end));
        }
        if self.is_any(first, &["else", "loop", "repeat", "try", "catch"]) {
            return Some(first + 1);
        }
        if self.is_any(first, &["while", "for"]) {
            let found = ["loop", "do", "begin"]
                .iter()
                .filter_map(|word| self.find(first, end, word))
                .min();
            return Some(found.map_or(end, |at| at + 1));
        }
        if self.is_any(first, &["exception"]) {
            return Some(self.find(first, end, "then").map_or(end, |at| at + 1));
        }
        if self.is(first, "end") {
            return Some(self.next_verb(first + 1, end));
        }
        if self.tokens.get(first).is_some_and(|token| token.is_name())
            && self
                .tokens
                .get(first + 1)
                .is_some_and(|token| token.kind == TokenKind::Mark(b':'))
            && !self.is_any(first, VERBS)
        {
            return Some(end);
        }
        None
    }

    fn next_verb(&self, from: usize, end: usize) -> usize {
        (from..end).find(|at| self.is_any(*at, VERBS)).unwrap_or(end)
    }

    /// The header of `CREATE … PROCEDURE … AS BEGIN`.
    fn procedure(&mut self, first: usize, end: usize) -> Option<usize> {
        let mut at = first + 1;
        while self.is_any(
            at,
            &[
                "or",
                "replace",
                "alter",
                "definer",
                "editionable",
                "temp",
                "temporary",
            ],
        ) {
            at += 1;
        }
        if !self.is_any(
            at,
            &["procedure", "proc", "function", "trigger", "package", "task"],
        ) {
            return None;
        }
        let is_function = self.is(at, "function");
        let quoted = (at..end).any(|at| {
            self.tokens[at].kind == TokenKind::Text
                && (self.tokens[at].text(self.sql).starts_with('$') || self.is(at - 1, "as"))
        });
        if quoted {
            // The body stands in a string.
            return None;
        }
        if let Some(begin) = self.find(at, end, "begin") {
            self.procedural = true;
            return Some(begin + 1);
        }
        if is_function {
            return None;
        }
        self.procedural = true;
        if self.is(at, "trigger") {
            // `… FOR EACH ROW INSERT …`; `EXECUTE FUNCTION f()` says nothing.
            let row = self.find(at, end, "row").unwrap_or(at);
            let calls = (row..end).any(|at| self.is_any(at, &["execute", "call", "exec"]));
            let body = self.next_verb(row + 1, end);
            return Some(if row == at || calls { end } else { body });
        }
        // `CREATE PROCEDURE p AS INSERT …` and `CREATE TASK t … AS INSERT …`
        match self.find(at, end, "as") {
            Some(body) if self.is_any(body + 1, VERBS) => Some(body + 1),
            _ => Some(end),
        }
    }
}
