//! The items of an answer, without taking all of it apart.

use std::collections::BTreeMap;

use serde_json::{Value, value::RawValue};

use super::super::{EntryError, ErrorKind, json::Path};

/// Most members that an error names.
const MOST_NAMED: usize = 20;

/// What a page says.
pub(super) struct Page {
    pub(super) items: Vec<Box<RawValue>>,
    /// What stands where the next page is named.
    pub(super) next: Option<Value>,
}

/// Reads a page.
pub(super) fn page(body: &[u8], data: Option<&Path>, next: Option<&Path>) -> Result<Page, EntryError> {
    let whole: Box<RawValue> = serde_json::from_slice(body).map_err(|error| {
        EntryError::new(
            ErrorKind::Parsing,
            "invalid_json",
            match body.trim_ascii_start().first() {
                Some(b'<') => "the answer is no JSON but looks like a page for people (HTML or XML); is the address the \
                               interface's, and are the credentials right?"
                    .to_owned(),
                None => "the answer is empty and no JSON".to_owned(),
                Some(_) => format!(
                    "the answer is no JSON (line {}, column {})",
                    error.line(),
                    error.column()
                ),
            },
        )
    })?;
    let next = match next.and_then(|path| follow(&whole, path.parts())) {
        Some(found) => serde_json::from_str(found.get()).ok(),
        None => None,
    };
    let list = match data {
        None => whole,
        Some(path) => follow(&whole, path.parts()).ok_or_else(|| {
            EntryError::new(
                ErrorKind::Parsing,
                "data_path_missing",
                format!(
                    "the answer has nothing at {:?} (options.dataPath){}",
                    path.as_str(),
                    members(&whole)
                ),
            )
        })?,
    };
    if list.get() == "null" {
        return Ok(Page {
            items: Vec::new(),
            next,
        });
    }
    let items = serde_json::from_str(list.get()).map_err(|_| {
        let place = match data {
            Some(path) => format!("what stands at {:?} is no list", path.as_str()),
            None => "the answer is no list; options.dataPath says where in it the list is".to_owned(),
        };
        EntryError::new(
            ErrorKind::Parsing,
            "no_list",
            format!("{place}{}", members(&list)),
        )
    })?;
    Ok(Page { items, next })
}

fn follow(whole: &RawValue, parts: &[String]) -> Option<Box<RawValue>> {
    let mut at: Box<RawValue> = whole.to_owned();
    for part in parts {
        at = match at.get().as_bytes().first()? {
            b'{' => serde_json::from_str::<BTreeMap<String, Box<RawValue>>>(at.get())
                .ok()?
                .remove(part)?,
            b'[' => {
                let mut items: Vec<Box<RawValue>> = serde_json::from_str(at.get()).ok()?;
                let number = part.parse::<usize>().ok().filter(|n| *n < items.len())?;
                items.swap_remove(number)
            }
            _ => return None,
        };
    }
    Some(at)
}

/// The names of an object's members, for an error.
fn members(value: &RawValue) -> String {
    let members: Option<BTreeMap<String, &RawValue>> = serde_json::from_str(value.get()).ok();
    match members {
        Some(members) if !members.is_empty() => {
            let names: Vec<String> = members
                .keys()
                .take(MOST_NAMED)
                .map(|name| format!("{name:?}"))
                .collect();
            format!("; it has {}", names.join(", "))
        }
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_found_and_what_is_none_is_told() {
        let at = |path: &str| Path::new("dataPath", path).unwrap();
        let body = br#"{"data": {"items": [1, {"a": 2}], "next": "c1"}, "total": 2, "none": null}"#;
        let found = page(body, Some(&at("data.items")), Some(&at("data.next"))).unwrap();
        assert_eq!(found.items.len(), 2);
        assert_eq!(found.next, Some("c1".into()));
        assert_eq!(page(b"[1]", None, None).unwrap().items.len(), 1);
        assert!(page(body, Some(&at("none")), None).unwrap().items.is_empty());
        let code = |body: &[u8], path: Option<Path>| page(body, path.as_ref(), None).err().unwrap().code;
        assert_eq!(code(b"{", None), "invalid_json");
        assert_eq!(code(body, None), "no_list");
        assert_eq!(code(body, Some(at("data.nothing"))), "data_path_missing");
        assert_eq!(code(body, Some(at("total.x"))), "data_path_missing");
        assert_eq!(code(body, Some(at("total"))), "no_list");
    }
}
