//! The one place that knows the SQL parser: text of one dialect in, syntax trees out.

use sqlparser::ast::Statement;
use sqlparser::dialect as d;
use sqlparser::parser::{Parser, ParserOptions};

use super::lex::{self, Token};
use super::repair::repair;
use super::split::{Piece, split};
use crate::Dialect;
use crate::lines::Lines;

/// How deep expressions and queries may be nested before the parser gives up.
const RECURSION_LIMIT: usize = 250;
/// The stack of a thread that parses and walks trees: enough for `RECURSION_LIMIT` in a debug build, and for chains
/// of operators up to `MAX_TOKENS`.
pub(crate) const STACK_BYTES: usize = 512 * 1024 * 1024;
/// The number of tokens above which a statement is refused: a chain of operators nests as deep as it is long.
const MAX_TOKENS: usize = 200_000;

/// A statement that was read.
#[derive(Debug)]
pub(crate) struct Parsed {
    pub(crate) statement: Statement,
    /// By bytes in the text given.
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// Whether it stands in a procedure.
    pub(crate) procedural: bool,
}

/// A statement that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refused {
    /// The line in the text given, from 1.
    pub(crate) line: u32,
    /// Where the statement stands, by bytes.
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// Where in it the parser stopped.
    pub(crate) at: usize,
    pub(crate) message: String,
}

/// Reads all statements of a text; each one that cannot be read is named, the others count. Call it on a thread with
/// `STACK_BYTES` of stack.
pub(crate) fn parse(sql: &str, dialect: Dialect) -> (Vec<Parsed>, Vec<Refused>) {
    let tokens = lex::tokens(sql, dialect);
    let lines = Lines::of(sql);
    let (mut parsed, mut refused) = (Vec::new(), Vec::new());
    for piece in split(sql, &tokens) {
        one(sql, &tokens, piece, dialect, &lines, &mut parsed, &mut refused);
    }
    (parsed, refused)
}

fn one(
    sql: &str,
    tokens: &[Token],
    piece: Piece,
    dialect: Dialect,
    lines: &Lines,
    parsed: &mut Vec<Parsed>,
    refused: &mut Vec<Refused>,
) {
    let tokens = &tokens[piece.first..piece.end];
    let (Some(first), Some(last)) = (tokens.first(), tokens.last()) else {
        return;
    };
    let (start, end) = (first.start, last.end);
    if is_ignored(sql, tokens) {
        return;
    }
    if tokens.len() > MAX_TOKENS {
        let message = format!("a statement of more than {MAX_TOKENS} words is not read");
        refused.push(Refused {
            line: lines.line(start),
            start,
            end,
            at: start,
            message,
        });
        return;
    }
    let text = sql.get(start..end).unwrap_or("");
    let first_try =
        attempt(text, dialect).or_else(|error| from_first_insert(sql, tokens, dialect).ok_or(error));
    let result = first_try.or_else(|error| {
        let moved: Vec<Token> = tokens
            .iter()
            .map(|t| Token {
                kind: t.kind,
                start: t.start - start,
                end: t.end - start,
            })
            .collect();
        repair(text, &moved)
            .and_then(|text| attempt(&text, dialect).ok())
            .ok_or(error)
    });
    match result {
        Ok(statements) => {
            for statement in statements {
                parsed.push(Parsed {
                    statement,
                    start,
                    end,
                    procedural: piece.procedural,
                });
            }
        }
        Err(message) => {
            let (at, message) = locate(text, &message);
            let at = start + at;
            refused.push(Refused {
                line: lines.line(at),
                start,
                end,
                at,
                message,
            });
        }
    }
}

/// Hive's `FROM t INSERT … SELECT a INSERT … SELECT b`: one statement for each INSERT.
fn from_first_insert(sql: &str, tokens: &[Token], dialect: Dialect) -> Option<Vec<Statement>> {
    if !tokens.first()?.is(sql, "from") {
        return None;
    }
    let places: Vec<usize> = (1..tokens.len())
        .filter(|at| tokens[*at].is(sql, "insert"))
        .collect();
    let from = sql.get(tokens.first()?.start..tokens[*places.first()?].start)?;
    let mut statements = Vec::new();
    for (nth, place) in places.iter().enumerate() {
        let end = places.get(nth + 1).copied().unwrap_or(tokens.len());
        let tail = (*place..end).find(|at| {
            tokens[*at].is_any(
                sql,
                &["where", "group", "having", "order", "sort", "cluster", "limit"],
            )
        });
        let cut = tail.unwrap_or(end);
        let piece = |first: usize, end: usize| {
            let last = end.checked_sub(1).filter(|last| *last >= first)?;
            sql.get(tokens[first].start..tokens[last].end)
        };
        let text = format!("{} {from} {}", piece(*place, cut)?, piece(cut, end).unwrap_or(""));
        statements.extend(attempt(&text, dialect).ok()?);
    }
    Some(statements)
}

/// Statements that say nothing about data and that parsers often refuse.
fn is_ignored(sql: &str, tokens: &[Token]) -> bool {
    tokens.first().is_some_and(|token| {
        token.is_any(
            sql,
            &[
                "set",
                "use",
                "commit",
                "rollback",
                "grant",
                "revoke",
                "vacuum",
                "analyze",
                "optimize",
                "call",
                "exec",
                "execute",
                "print",
                "pragma",
                "show",
                "explain",
                "describe",
                "desc",
                "comment",
                "lock",
                "unlock",
                "reset",
                "delimiter",
                "raise",
                "return",
                "exit",
                "leave",
                "end",
                "begin",
                "start",
                "savepoint",
                "attach",
                "detach",
                "install",
                "load",
                "copy",
                "put",
                "get",
                "list",
                "remove",
                "refresh",
                "msck",
                "cache",
                "uncache",
                "declare",
            ],
        )
    })
}

fn attempt(text: &str, dialect: Dialect) -> Result<Vec<Statement>, String> {
    let primary = with(text, parser_dialect(dialect).as_ref());
    if primary.is_ok() {
        return primary;
    }
    // Another dialect's word in it is no reason to know nothing; ANSI is also what is not known to be anything else.
    let others: &[Dialect] = match dialect {
        Dialect::Ansi => &[
            Dialect::Snowflake,
            Dialect::BigQuery,
            Dialect::Postgres,
            Dialect::DuckDb,
            Dialect::Tsql,
        ],
        _ => &[Dialect::Ansi],
    };
    let second = others
        .iter()
        .find_map(|other| with(text, parser_dialect(*other).as_ref()).ok());
    second.map_or(primary, Ok)
}

fn with(text: &str, dialect: &dyn d::Dialect) -> Result<Vec<Statement>, String> {
    let options = ParserOptions::new()
        .with_trailing_commas(true)
        .with_unescape(true);
    let mut parser = Parser::new(dialect)
        .with_recursion_limit(RECURSION_LIMIT)
        .with_options(options)
        .try_with_sql(text)
        .map_err(|error| error.to_string())?;
    let mut statements = Vec::new();
    loop {
        while parser.consume_token(&sqlparser::tokenizer::Token::SemiColon) {}
        let next = parser.peek_token();
        if next.token == sqlparser::tokenizer::Token::EOF {
            return Ok(statements);
        }
        // Statements without semicolons between them (T-SQL): each must begin with its word.
        let begins = match &next.token {
            sqlparser::tokenizer::Token::Word(word) => super::split::VERBS
                .iter()
                .any(|verb| word.value.eq_ignore_ascii_case(verb)),
            _ => false,
        };
        if !statements.is_empty() && !begins {
            let place = next.span.start;
            return Err(format!(
                "unexpected {} at Line: {}, Column: {}",
                next.token, place.line, place.column
            ));
        }
        statements.push(parser.parse_statement().map_err(|error| error.to_string())?);
    }
}

fn parser_dialect(dialect: Dialect) -> Box<dyn d::Dialect> {
    match dialect {
        Dialect::Ansi | Dialect::Trino => Box::new(d::GenericDialect {}),
        Dialect::BigQuery => Box::new(d::BigQueryDialect {}),
        Dialect::ClickHouse => Box::new(d::ClickHouseDialect {}),
        Dialect::Databricks | Dialect::Spark => Box::new(d::DatabricksDialect {}),
        Dialect::DuckDb => Box::new(d::DuckDbDialect {}),
        Dialect::Hive => Box::new(d::HiveDialect {}),
        Dialect::MySql => Box::new(d::MySqlDialect {}),
        Dialect::Oracle => Box::new(d::OracleDialect {}),
        Dialect::Postgres => Box::new(d::PostgreSqlDialect {}),
        Dialect::Redshift => Box::new(d::RedshiftSqlDialect {}),
        Dialect::Snowflake => Box::new(d::SnowflakeDialect {}),
        Dialect::Sqlite => Box::new(d::SQLiteDialect {}),
        Dialect::Tsql => Box::new(d::MsSqlDialect {}),
    }
}

/// Takes `… at Line: 3, Column: 7` off a message and says which byte that is.
fn locate(text: &str, message: &str) -> (usize, String) {
    let cleaned = message.trim_start_matches("sql parser error: ");
    let Some((words, place)) = cleaned.rsplit_once(" at Line: ") else {
        return (0, sentence(cleaned));
    };
    let mut numbers = place
        .split(|c: char| !c.is_ascii_digit())
        .filter_map(|n| n.parse::<usize>().ok());
    let (Some(line), Some(column)) = (numbers.next(), numbers.next()) else {
        return (0, sentence(words));
    };
    let start = Lines::of(text).start(u32::try_from(line).unwrap_or(u32::MAX));
    let rest = text.get(start..).unwrap_or("");
    let shift = rest
        .char_indices()
        .nth(column.saturating_sub(1))
        .map_or(0, |(at, _)| at);
    ((start + shift).min(text.len()), sentence(words))
}

fn sentence(words: &str) -> String {
    let words = words.trim().trim_start_matches("Expected: ");
    if words.len() == words.trim_start().len() && words.contains(", found: ") {
        let (expected, found) = words.split_once(", found: ").unwrap_or((words, ""));
        return format!("SQL not understood: expected {expected}, found {found}");
    }
    format!("SQL not understood: {words}")
}

/// How many characters of an expression stand for it where it needs a name.
const MAX_SHORT: usize = 80;

/// An expression as a name.
pub(crate) fn short(expr: &sqlparser::ast::Expr) -> String {
    let mut name = expr.to_string().to_lowercase();
    if let Some((at, _)) = name.char_indices().nth(MAX_SHORT) {
        name.truncate(at);
    }
    name
}
