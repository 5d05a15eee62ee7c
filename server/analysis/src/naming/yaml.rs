//! Names as scalars of YAML.

/// Plain words that YAML reads as something else than a text.
const NO_TEXTS: &[&str] = &[
    "y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf",
];

/// A name as a scalar: in the quotes in which it stands, else plain where that is a text and the same one.
pub(super) fn written(name: &str, quote: Option<char>) -> String {
    match quote {
        Some('\'') => name.replace('\'', "''"),
        Some(_) => escaped(name),
        None if is_plain(name) => name.to_owned(),
        None => format!("\"{}\"", escaped(name)),
    }
}

fn escaped(name: &str) -> String {
    name.replace('\\', "\\\\").replace('"', "\\\"")
}

/// What a quoted scalar says.
pub(super) fn unescaped(raw: &str, quote: char) -> String {
    if quote == '\'' {
        return raw.replace("''", "'");
    }
    let mut out = String::with_capacity(raw.len());
    let mut chars = raw.chars();
    while let Some(c) = chars.next() {
        out.extend(if c == '\\' { chars.next() } else { Some(c) });
    }
    out
}

/// Whether a text can stand without quotes, in flow style too.
fn is_plain(name: &str) -> bool {
    let fits = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ' ' | '$');
    name.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && name.chars().all(fits)
        && name.trim() == name
        && !NO_TEXTS.contains(&name.to_lowercase().as_str())
}
