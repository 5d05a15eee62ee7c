//! Tries to parse one text in the words of its dialect, then in those of others.

use sqlparser::ast::Statement;
use sqlparser::dialect as d;
use sqlparser::parser::{Parser, ParserOptions};
use sqlparser::tokenizer::Token as Word;

use crate::Dialect;

/// How deep expressions and queries may be nested before the parser gives up.
const RECURSION_LIMIT: usize = 250;

/// The dialects whose words are tried where a text is refused in its own: one that is taken by another's grammar is no
/// reason to know nothing.
const OTHERS: [Dialect; 8] = [
    Dialect::Ansi,
    Dialect::Snowflake,
    Dialect::BigQuery,
    Dialect::Postgres,
    Dialect::DuckDb,
    Dialect::Tsql,
    Dialect::MySql,
    Dialect::ClickHouse,
];

/// The statements of a text, or why it was refused. `lenient`: words between statements are stepped over (T-SQL and
/// procedures have no semicolons where others do).
pub(super) fn attempt(text: &str, dialect: Dialect, lenient: bool) -> Result<Vec<Statement>, String> {
    let primary = with(text, parser_dialect(dialect).as_ref(), lenient);
    if primary.is_ok() {
        return primary;
    }
    let second = OTHERS
        .iter()
        .filter(|other| **other != dialect)
        .find_map(|other| with(text, parser_dialect(*other).as_ref(), lenient).ok());
    second.map_or(primary, Ok)
}

/// As `attempt`, in the words of the dialect itself only, and of ANSI.
pub(super) fn attempt_own(text: &str, dialect: Dialect, lenient: bool) -> Result<Vec<Statement>, String> {
    with(text, parser_dialect(dialect).as_ref(), lenient)
        .or_else(|error| with(text, parser_dialect(Dialect::Ansi).as_ref(), lenient).map_err(|_| error))
}

fn with(text: &str, dialect: &dyn d::Dialect, lenient: bool) -> Result<Vec<Statement>, String> {
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
        while parser.consume_token(&Word::SemiColon) {}
        let next = parser.peek_token();
        if next.token == Word::EOF {
            return Ok(statements);
        }
        // Statements without semicolons between them (T-SQL): each must begin with its word.
        if !statements.is_empty() && !begins(&next.token) {
            if lenient && is_word(&next.token) {
                skip_to_statement(&mut parser);
                continue;
            }
            let place = next.span.start;
            return Err(format!(
                "unexpected {} at Line: {}, Column: {}",
                next.token, place.line, place.column
            ));
        }
        statements.push(parser.parse_statement().map_err(|error| error.to_string())?);
    }
}

fn begins(token: &Word) -> bool {
    match token {
        Word::Word(word) => super::split::VERBS
            .iter()
            .any(|verb| word.value.eq_ignore_ascii_case(verb)),
        _ => false,
    }
}

/// Words that may stand between two statements.
const BETWEEN: &[&str] = &[
    "begin",
    "break",
    "catch",
    "close",
    "commit",
    "continue",
    "deallocate",
    "declare",
    "else",
    "end",
    "exec",
    "execute",
    "fetch",
    "go",
    "goto",
    "grant",
    "if",
    "open",
    "option",
    "print",
    "raiserror",
    "return",
    "rollback",
    "save",
    "set",
    "then",
    "throw",
    "try",
    "use",
    "waitfor",
    "while",
];

fn is_word(token: &Word) -> bool {
    match token {
        Word::Word(word) => BETWEEN.iter().any(|known| word.value.eq_ignore_ascii_case(known)),
        _ => false,
    }
}

/// Goes on to the next word outside parentheses that begins a statement.
fn skip_to_statement(parser: &mut Parser<'_>) {
    let mut depth = 0usize;
    loop {
        let next = parser.peek_token().token;
        match &next {
            Word::EOF => return,
            Word::LParen => depth += 1,
            Word::RParen => depth = depth.saturating_sub(1),
            other if depth == 0 && begins(other) => return,
            _ => {}
        }
        parser.advance_token();
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
