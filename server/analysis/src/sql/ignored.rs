//! Statements that say nothing about data and that parsers often refuse.

use super::lex::{Token, TokenKind};

/// The first words of such statements.
const FIRST_WORDS: &[&str] = &[
    "abort",
    "add",
    "audit",
    "backup",
    "break",
    "bulk",
    "cancel",
    "check",
    "clear",
    "convert",
    "dbcc",
    "deny",
    "exchange",
    "flashback",
    "fsck",
    "generate",
    "goto",
    "import",
    "reassign",
    "restore",
    "shutdown",
    "system",
    "watch",
    "xa",
    "analyze",
    "assert",
    "attach",
    "begin",
    "call",
    "checkpoint",
    "close",
    "cluster",
    "commit",
    "copy",
    "deallocate",
    "declare",
    "delimiter",
    "desc",
    "describe",
    "detach",
    "discard",
    "end",
    "exec",
    "execute",
    "exit",
    "explain",
    "export",
    "fetch",
    "fix",
    "flush",
    "get",
    "grant",
    "handler",
    "install",
    "kill",
    "leave",
    "list",
    "listen",
    "load",
    "lock",
    "msck",
    "notify",
    "open",
    "optimize",
    "pragma",
    "prepare",
    "print",
    "purge",
    "put",
    "raise",
    "raiserror",
    "recover",
    "refresh",
    "reindex",
    "release",
    "remove",
    "repair",
    "replicate",
    "reset",
    "return",
    "revoke",
    "rollback",
    "savepoint",
    "security",
    "set",
    "show",
    "signal",
    "start",
    "summarize",
    "sync",
    "throw",
    "uncache",
    "unload",
    "unlock",
    "use",
    "vacuum",
    "waitfor",
];

/// Words in an ALTER that leaves the columns alone.
const IDLE_CHANGES: &[&str] = &[
    "cluster",
    "comment",
    "constraint",
    "distkey",
    "exchange",
    "execute",
    "foreign",
    "freeze",
    "index",
    "key",
    "materialize",
    "optimization",
    "partition",
    "partitions",
    "policy",
    "projection",
    "query",
    "replace",
    "setting",
    "sortkey",
    "swap",
    "switch",
    "tag",
    "trigger",
    "ttl",
];

/// What CREATE, ALTER and DROP may be about beside tables and views.
const OTHER_THINGS: &[&str] = &[
    "aggregate",
    "agent",
    "alert",
    "application",
    "assembly",
    "catalog",
    "cast",
    "certificate",
    "collation",
    "connection",
    "constraint",
    "datashare",
    "log",
    "owned",
    "semantic",
    "virtual",
    "credential",
    "data",
    "database",
    "default",
    "dictionary",
    "directory",
    "domain",
    "endpoint",
    "event",
    "extension",
    "external_data",
    "failover",
    "file",
    "foreign",
    "format",
    "fulltext",
    "function",
    "git",
    "group",
    "image",
    "index",
    "integration",
    "language",
    "link",
    "login",
    "macro",
    "masking",
    "message",
    "network",
    "notebook",
    "operator",
    "opclass",
    "package",
    "partition",
    "pipe",
    "policy",
    "procedure",
    "proc",
    "profile",
    "publication",
    "queue",
    "quota",
    "repository",
    "resource",
    "role",
    "route",
    "row",
    "rule",
    "schema",
    "search",
    "secret",
    "security",
    "sequence",
    "server",
    "service",
    "session",
    "share",
    "stage",
    "statistics",
    "storage",
    "stream",
    "streamlit",
    "subscription",
    "synonym",
    "system",
    "tablespace",
    "tag",
    "task",
    "text",
    "transform",
    "trigger",
    "type",
    "unique",
    "user",
    "volume",
    "warehouse",
    "xml",
    "clustered",
    "nonclustered",
    "bitmap",
    "spatial",
    "columnstore",
    "partition_function",
    "location",
    "reservation",
    "assignment",
    "capacity",
    "snapshot",
    "model",
];

/// Whether a statement is one of them; none of these is read.
pub(super) fn is_ignored(sql: &str, tokens: &[Token]) -> bool {
    let is = |at: usize, word: &str| tokens.get(at).is_some_and(|token| token.is(sql, word));
    let has = |word: &str| tokens.iter().any(|token| token.is(sql, word));
    let Some(first) = tokens.first() else { return true };
    if first.is(sql, "cache") {
        return !has("select") && !has("with");
    }
    if first.is(sql, "declare") {
        // T-SQL's table variables are tables.
        return !is(2, "table") && !is(3, "table");
    }
    if first.is(sql, "insert") {
        // What a procedure returns is not known.
        let mut depth = 0usize;
        return tokens
            .iter()
            .take_while(|token| !token.is_any(sql, &["select", "values"]))
            .any(|token| {
                match token.kind {
                    TokenKind::Mark(b'(') => depth += 1,
                    TokenKind::Mark(b')') => depth = depth.saturating_sub(1),
                    _ => {}
                }
                depth == 0 && token.is_any(sql, &["exec", "execute"])
            });
    }
    first.is_any(sql, FIRST_WORDS)
}

/// Whether it is no loss that a statement was refused.
pub(super) fn is_no_loss(sql: &str, tokens: &[Token]) -> bool {
    let Some(first) = tokens.first() else { return true };
    if !first.is_any(sql, &["create", "alter", "drop", "truncate", "undrop"]) {
        return false;
    }
    if first.is_any(sql, &["truncate", "undrop"]) {
        return true;
    }
    let about = tokens
        .iter()
        .take(8)
        .find(|token| token.is_any(sql, &["table", "view"]) || token.is_any(sql, OTHER_THINGS));
    match about {
        Some(about) if about.is_any(sql, OTHER_THINGS) => true,
        Some(_) if first.is(sql, "drop") => true,
        // A table or view without columns and without a query says nothing.
        Some(_) if first.is(sql, "create") => {
            let has = |word: &str| tokens.iter().any(|token| token.is(sql, word));
            !has("as")
                && (!tokens.iter().any(|token| token.kind == TokenKind::Mark(b'('))
                    || has("using")
                    || has("external"))
        }
        Some(about) if first.is(sql, "alter") => {
            let mut after = tokens.iter().skip_while(|token| token.start <= about.start);
            let changes_columns = after.any(|token| {
                token.is_any(
                    sql,
                    &["add", "drop", "rename", "modify", "change", "column", "columns"],
                )
            });
            !changes_columns || tokens.iter().any(|token| token.is_any(sql, IDLE_CHANGES))
        }
        _ => false,
    }
}
