//! Ways of writing that the parser refuses although they are common, put in words that it takes and that mean the same
//! for columns. Places in the outcome mean nothing: the refusal of the text as written is what its reader is told.

mod columns;
mod create;
mod edits;
mod expression;
mod insert;
mod layout;
mod phrases;
mod pivot;
mod query;
mod with;

use super::lex::{self, Token};
use crate::Dialect;
use edits::Edits;

pub(crate) use columns::TYPED;
pub(crate) use create::UNTYPED;

/// How often a statement is rewritten: one rule may lay open what another one knows.
const MAX_ROUNDS: usize = 4;
/// A statement of more bytes is not rewritten: generated, and not worth several readings.
const MAX_REWRITTEN_BYTES: usize = 512 * 1024;
/// A statement that grows beyond this many bytes is no longer rewritten.
const MAX_BYTES: usize = 4 * 1024 * 1024;

/// A statement under rewriting.
#[derive(Clone, Copy)]
struct Text<'a> {
    sql: &'a str,
    tokens: &'a [Token],
    dialect: Dialect,
}

/// The rules, each with one idea; they may not rely on their order.
const RULES: &[fn(Text<'_>, &mut Edits)] = &[
    layout::column_attributes,
    layout::parenthesised_insert,
    layout::trailing_commas,
    layout::leading_placeholder,
    layout::empty_parts,
    create::options,
    create::names_without_types,
    create::trailing_clauses,
    create::recursive_view,
    create::other_words,
    create::cached_table,
    create::table_variable,
    insert::partition,
    insert::replaced_rows,
    insert::by_name,
    insert::hints,
    insert::directory,
    insert::output,
    query::update_of_several,
    query::joins,
    query::rows_from,
    query::hierarchy,
    query::words,
    expression::operators,
    expression::comprehension,
    expression::filter,
    expression::tuple_field,
    pivot::statements,
    with::expressions,
    phrases::plain,
    phrases::clauses,
    phrases::functions,
    phrases::table_arguments,
    phrases::variables,
    phrases::statements,
];

/// Rules for what nothing else made clear; they keep names and types and lose the rest.
const LAST_RULES: &[fn(Text<'_>, &mut Edits)] = &[columns::of_create, columns::of_alter];

/// Rules for what the parser takes for something else.
const EAGER_RULES: &[fn(Text<'_>, &mut Edits)] = &[create::table_variable, expression::comprehension];

/// A statement in words that the parser does not misunderstand; `None` when it needs no change.
pub(crate) fn disambiguated(sql: &str, tokens: &[Token], dialect: Dialect) -> Option<String> {
    let suspicious = tokens.first().is_some_and(|token| token.is(sql, "declare"))
        || dialect == Dialect::DuckDb && tokens.iter().any(|token| token.is(sql, "for"));
    if !suspicious {
        return None;
    }
    apply(sql, dialect, EAGER_RULES)
}

/// Rewrites one statement and gives the outcomes to `attempt` until it answers; `true` with those that are worth more
/// than one dialect.
pub(crate) fn rewritten<T>(
    sql: &str,
    dialect: Dialect,
    mut attempt: impl FnMut(&str, bool) -> Option<T>,
) -> Option<T> {
    if sql.len() > MAX_REWRITTEN_BYTES {
        return None;
    }
    let mut text = sql.to_owned();
    for _ in 0..MAX_ROUNDS {
        let Some(changed) = apply(&text, dialect, RULES) else {
            break;
        };
        text = changed;
        if text.len() > MAX_BYTES {
            return None;
        }
        if let Some(found) = attempt(&text, false) {
            return Some(found);
        }
    }
    if text.len() != sql.len()
        && let Some(found) = attempt(&text, true)
    {
        return Some(found);
    }
    let last = apply(&text, dialect, LAST_RULES)?;
    attempt(&last, true)
}

/// The text after one round of rules; `None` when none of them has something to say.
fn apply(text: &str, dialect: Dialect, rules: &[fn(Text<'_>, &mut Edits)]) -> Option<String> {
    let tokens = lex::tokens(text, dialect);
    let mut edits = Edits::default();
    for rule in rules {
        rule(
            Text {
                sql: text,
                tokens: &tokens,
                dialect,
            },
            &mut edits,
        );
    }
    edits.apply(text)
}
