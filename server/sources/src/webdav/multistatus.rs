//! The answer to PROPFIND: what is in a folder.

use std::borrow::Cow;

use quick_xml::{Reader, events::Event};

/// Something in a folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Member {
    /// Its own name, decoded; empty for the folder that was asked for.
    pub name: String,
    /// Whether it is a folder.
    pub is_folder: bool,
    /// Bytes, of a file.
    pub size: Option<u64>,
    /// As the server writes it, by its own clock.
    pub modified: Option<String>,
}

/// Most members of one folder that are read.
const MAX_MEMBERS: usize = 1_000_000;

/// Reads a multi-status body: the folder itself is told apart as the shortest path.
pub(super) fn parse(text: &str) -> Result<Vec<Member>, String> {
    let mut reader = Reader::from_str(text);
    let mut found: Vec<(Vec<String>, Member)> = Vec::new();
    let (mut member, mut path, mut element) = (Member::default(), Vec::new(), String::new());
    let mut value = String::new();
    loop {
        let event = reader.read_event().map_err(|e| format!("it is no XML: {e}"))?;
        match event {
            Event::Start(start) => {
                element = local(start.local_name().as_ref());
                value.clear();
                if element == "response" {
                    (member, path) = (Member::default(), Vec::new());
                }
                member.is_folder |= element == "collection";
            }
            Event::Empty(empty) => {
                member.is_folder |= local(empty.local_name().as_ref()) == "collection";
            }
            Event::Text(text) => value.push_str(&text.xml10_content()),
            Event::CData(text) => value.push_str(&text.xml10_content()),
            Event::GeneralRef(entity) => value.push_str(&resolved(&entity)),
            Event::End(end) => {
                let ended = local(end.local_name().as_ref());
                match ended.as_str() {
                    "href" if path.is_empty() => path = segments(value.trim()),
                    "getcontentlength" if element == ended => member.size = value.trim().parse().ok(),
                    "getlastmodified" if element == ended => member.modified = Some(value.trim().to_owned()),
                    "response" => {
                        if found.len() >= MAX_MEMBERS {
                            return Err(format!("it lists more than {MAX_MEMBERS} members"));
                        }
                        found.push((std::mem::take(&mut path), std::mem::take(&mut member)));
                    }
                    _ => {}
                }
                value.clear();
            }
            Event::Eof => break,
            _ => {}
        }
    }
    let Some(depth) = found.iter().map(|(path, _)| path.len()).min() else {
        return Err("it tells of nothing".into());
    };
    Ok(found
        .into_iter()
        .filter(|(path, _)| path.len() <= depth + 1)
        .map(|(mut path, mut member)| {
            if path.len() > depth {
                member.name = path.pop().unwrap_or_default();
            }
            member
        })
        .collect())
}

fn local(name: impl AsRef<[u8]>) -> String {
    String::from_utf8_lossy(name.as_ref()).to_ascii_lowercase()
}

fn resolved(entity: &quick_xml::events::BytesRef<'_>) -> String {
    if let Ok(Some(character)) = entity.resolve_char_ref() {
        return character.to_string();
    }
    let known: Cow<'_, str> = entity.xml10_content();
    match known.as_ref() {
        "amp" => "&",
        "lt" => "<",
        "gt" => ">",
        "quot" => "\"",
        "apos" => "'",
        _ => "",
    }
    .to_owned()
}

/// The parts of the path of an address or of a path, decoded.
fn segments(href: &str) -> Vec<String> {
    let path = match href.split_once("://") {
        Some((_, rest)) => rest.find('/').map_or("", |at| &rest[at..]),
        None => href,
    };
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let parts = path.split('/').filter(|part| !part.is_empty());
    parts.map(decoded).collect()
}

fn decoded(part: &str) -> String {
    let (bytes, mut out, mut at) = (part.as_bytes(), Vec::with_capacity(part.len()), 0);
    while at < bytes.len() {
        let hex = part.get(at + 1..at + 3).filter(|_| bytes[at] == b'%');
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_of_all_kinds_and_odd_names_are_read() {
        let text = r#"<?xml version="1.0" encoding="utf-8"?>
<ns0:multistatus xmlns:ns0="DAV:"><ns0:response><ns0:href>/dav/shared/</ns0:href><ns0:propstat><ns0:prop>
<ns0:resourcetype><ns0:collection/></ns0:resourcetype></ns0:prop></ns0:propstat></ns0:response>
<D:response xmlns:D="DAV:"><D:href>http://h:1/dav/shared/a%20b&amp;%C3%BC.txt</D:href><D:propstat><D:prop><D:resourcetype/>
<lp1:getcontentlength xmlns:lp1="DAV:">12</lp1:getcontentlength><D:getlastmodified>Sat, 21 Nov 2026 10:00:00 GMT</D:getlastmodified></D:prop></D:propstat></D:response>
<response xmlns="DAV:"><href>/dav/shared/sub</href><propstat><prop><resourcetype><collection></collection></resourcetype></prop></propstat></response></ns0:multistatus>"#;
        let found = parse(text).unwrap();
        assert_eq!(
            found
                .iter()
                .map(|m| (m.name.as_str(), m.is_folder, m.size))
                .collect::<Vec<_>>(),
            [
                ("", true, None),
                ("a b&ü.txt", false, Some(12)),
                ("sub", true, None)
            ]
        );
        assert!(found[1].modified.as_deref().unwrap().contains("2026"));
        for bad in ["", "<html><body>log in", "<multistatus/>", "\0\0"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
