//! Names, labels and lists as they come from outside.

use metasync_store::LibraryChange;
use serde_json::{Map, Value};

use super::super::error::ApiError;

/// Most characters of a name.
const MAX_NAME: usize = 500;
/// Most characters of a label.
const MAX_LABEL: usize = 10_000;
/// Most collections, and most objects, of a file.
const MAX_LIST: usize = 1_000;
/// Most bytes of a collection's or an object's name.
const MAX_ITEM: usize = 1_000;
/// Most characters of a media type.
const MAX_MEDIA_TYPE: usize = 200;

/// The body of `PATCH`; what it does not name stays.
pub(super) fn change(body: &Map<String, Value>) -> Result<LibraryChange, ApiError> {
    let mut change = LibraryChange::default();
    for (field, value) in body {
        match field.as_str() {
            "name" => change.name = Some(name(text(field, value)?)?),
            "label" if value.is_null() => change.label = Some(None),
            "label" => change.label = Some(label(text(field, value)?)?),
            "collections" => change.collections = Some(list(field, value)?),
            "objects" => change.objects = Some(list(field, value)?),
            _ => {
                return Err(ApiError::invalid(format!(
                    "{field:?} can't be changed; name, label, collections and objects can"
                )));
            }
        }
    }
    Ok(change)
}

fn text<'v>(field: &str, value: &'v Value) -> Result<&'v str, ApiError> {
    value
        .as_str()
        .ok_or_else(|| ApiError::invalid(format!("{field} must be a text")))
}

/// A file name: its last part, should it be a path.
pub(super) fn name(text: &str) -> Result<String, ApiError> {
    let name = text.rsplit(['/', '\\']).next().unwrap_or_default().trim();
    let good = !name.is_empty() && !matches!(name, "." | "..") && name.chars().count() <= MAX_NAME;
    if !good || name.chars().any(char::is_control) {
        return Err(ApiError::invalid(format!(
            "a file name must hold 1 to {MAX_NAME} characters and no control characters"
        )));
    }
    Ok(name.to_owned())
}

/// A label; an empty one is none.
pub(super) fn label(text: &str) -> Result<Option<String>, ApiError> {
    if text.chars().count() > MAX_LABEL || text.contains('\0') {
        return Err(ApiError::invalid(format!(
            "label must hold at most {MAX_LABEL} characters"
        )));
    }
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

fn list(field: &str, value: &Value) -> Result<Vec<String>, ApiError> {
    let wrong = || ApiError::invalid(format!("{field} must be a list of texts"));
    let texts = value.as_array().ok_or_else(wrong)?.iter();
    let texts: Vec<&str> = texts
        .map(|v| v.as_str().ok_or_else(wrong))
        .collect::<Result<_, _>>()?;
    items(field, texts.into_iter())
}

/// Texts of a list, each once, in their order.
pub(super) fn items<'t>(field: &str, texts: impl Iterator<Item = &'t str>) -> Result<Vec<String>, ApiError> {
    let mut found: Vec<String> = Vec::new();
    for text in texts.map(str::trim).filter(|text| !text.is_empty()) {
        if text.len() > MAX_ITEM || text.chars().any(char::is_control) {
            return Err(ApiError::invalid(format!(
                "{field} must name things with at most {MAX_ITEM} bytes and without control characters"
            )));
        }
        if !found.iter().any(|known| known == text) {
            found.push(text.to_owned());
        }
    }
    if found.len() > MAX_LIST {
        return Err(ApiError::invalid(format!("{field} must name at most {MAX_LIST}")));
    }
    Ok(found)
}

/// What the uploader says that it is, if that makes sense.
pub(super) fn media_type(text: Option<&str>) -> String {
    let sensible = |text: &&str| {
        text.len() <= MAX_MEDIA_TYPE
            && text.contains('/')
            && text.chars().all(|c| c.is_ascii_graphic() || c == ' ')
    };
    text.filter(sensible)
        .unwrap_or("application/octet-stream")
        .to_owned()
}

/// The header that names a file (RFC 6266).
pub(super) fn disposition(name: &str) -> String {
    let plain: String = name
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || "-_. ()".contains(c) {
                c
            } else {
                '_'
            }
        })
        .collect();
    let encoded: String = name
        .bytes()
        .map(|b| match b.is_ascii_alphanumeric() || b"-_.".contains(&b) {
            true => char::from(b).to_string(),
            false => format!("%{b:02X}"),
        })
        .collect();
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_file_names() {
        let named = |text| name(text).ok();
        assert_eq!(named("C:\\papers\\a.pdf").as_deref(), Some("a.pdf"));
        assert_eq!(named("../../etc/passwd").as_deref(), Some("passwd"));
        assert_eq!(
            named("Ünï 漢字 😀.tei.xml").as_deref(),
            Some("Ünï 漢字 😀.tei.xml")
        );
        for bad in ["", " ", "a/", "..", "a\nb", "a\0b"] {
            assert_eq!(named(bad), None, "{bad:?}");
        }
        assert!(
            disposition("a\"b漢.pdf").contains("filename=\"a_b_.pdf\"; filename*=UTF-8''a%22b%E6%BC%A2.pdf")
        );
    }
}
