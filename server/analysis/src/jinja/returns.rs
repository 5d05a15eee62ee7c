//! dbt's `return(…)`: a macro's value is what it returns, not what it prints.
//!
//! The engine's macros only print. So `return` keeps the value and prints a mark, and every call of a macro is wrapped
//! in a function that takes the value for the mark.

use std::sync::{Arc, Mutex};

use minijinja::Environment;
use minijinja::value::Value;

/// The function around calls of macros.
pub(super) const AROUND: &str = "_returned";
/// Begins and ends a mark.
const MARK: char = '\u{2}';
/// How many values may be returned by one template.
const MAX_RETURNS: usize = 50_000;

/// Teaches the engine `return` and what goes around calls.
pub(super) fn register(environment: &mut Environment<'_>) {
    let kept: Arc<Mutex<Vec<Value>>> = Arc::default();
    let values = kept.clone();
    environment.add_function("return", move |value: Option<Value>| {
        let value = value.unwrap_or_default();
        let Ok(mut kept) = kept.lock() else { return value };
        if kept.len() >= MAX_RETURNS {
            return value;
        }
        kept.push(value);
        Value::from(format!("{MARK}{}{MARK}", kept.len() - 1))
    });
    environment.add_function(AROUND, move |printed: Value| {
        let nth = printed.as_str().and_then(first_mark);
        match nth.and_then(|nth| values.lock().ok()?.get(nth).cloned()) {
            Some(value) => value,
            None => printed,
        }
    });
}

/// The number in the first mark of a text.
fn first_mark(text: &str) -> Option<usize> {
    let (_, rest) = text.split_once(MARK)?;
    let (number, _) = rest.split_once(MARK)?;
    number.parse().ok()
}
