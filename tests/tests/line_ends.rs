//! The same words, whatever ends the lines; nothing wrong in text that is cut off anywhere.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a story fails by panicking"
)]

use metasync_tests::{
    Editor, Place,
    editor::offers,
    projects::{ABOUT_LOAVES, BAKERY, SCHEMA_FILE, TAKINGS},
};
use serde_json::{Value, json};

const WIDE: &str = "models/marts/wide.sql";
/// Names of one, two, three and four bytes, tabs, comments, tags, a quote that is doubled.
const WIDE_TEXT: &str = "-- Ä 😀
with 😀 as (select 1 as one), base as (
\tselect /* 😀é */ l.loaf_id, '😀' as \"Sch\"\"💩nes\", l.*
    from {{ ref('stg_loaves') }} l
\tleft join {{ ref('stg_sales') }} s on s.loaf_id = l.loaf_id and s.sold_on > '2020'
)
select b.kind, {{ euros('price', 2) }} as eur, b.\"Sch\"\"💩nes\", t.takins
from base as b join {{ ref('takings') }} t on t.kind = b.kind
{# 😀 #} {% if is_incremental() %} where eur > (select max(eur) from {{ this }}) {% endif %}";

/// A text, and where in it each letter of the text with plain line ends stands.
type Variant = (String, Vec<usize>);

fn variant(text: &str, mut newline: impl FnMut(usize) -> &'static str) -> Variant {
    let (mut out, mut places, mut lines) = (String::new(), vec![0; text.len() + 1], 0);
    for (at, c) in text.char_indices() {
        places[at] = out.len();
        if c == '\n' {
            // a line feed right behind a lone CR would be one end with it
            let end = newline(lines);
            out.push_str(if out.ends_with('\r') && end == "\n" {
                "\r\n"
            } else {
                end
            });
            lines += 1;
        } else {
            out.push(c);
        }
    }
    places[text.len()] = out.len();
    (out, places)
}

fn variants(text: &str) -> Vec<(&'static str, Variant)> {
    let marked = variant(text, |_| "\n");
    let bom = '\u{feff}'.len_utf8();
    let marked = (
        format!("\u{feff}{}", marked.0),
        marked.1.iter().map(|at| at + bom).collect(),
    );
    vec![
        ("CRLF", variant(text, |_| "\r\n")),
        ("a lone CR", variant(text, |_| "\r")),
        ("mixed", variant(text, |line| ["\n", "\r\n", "\r"][line % 3])),
        ("a mark", marked),
    ]
}

fn position(text: &str, offset: usize) -> Value {
    let before = &text[..offset];
    let ends = before
        .bytes()
        .enumerate()
        .filter(|(at, b)| *b == b'\n' || *b == b'\r' && text.as_bytes().get(at + 1) != Some(&b'\n'));
    let (lines, start) = ends.fold((0, 0), |(lines, _), (at, _)| (lines + 1, at + 1));
    json!({"line": lines, "character": before[start..].encode_utf16().count()})
}

/// Instead of the words of lines that the text does not have.
const BEHIND: &str = "(behind the text)";

/// The words of a range; it must be one of the text.
fn words(text: &str, range: &Value) -> String {
    let mut starts = vec![0];
    let bytes = text.as_bytes();
    for at in 0..bytes.len() {
        if bytes[at] == b'\n' || bytes[at] == b'\r' && bytes.get(at + 1) != Some(&b'\n') {
            starts.push(at + 1);
        }
    }
    if range["end"]["line"].as_u64().unwrap() as usize >= starts.len() {
        return BEHIND.to_owned();
    }
    let offset = |place: &Value| {
        let start = starts[place["line"].as_u64().unwrap() as usize];
        let mut left = place["character"].as_u64().unwrap() as usize;
        for (at, c) in text[start..].char_indices() {
            if left == 0 {
                return start + at;
            }
            assert!(c != '\n' && c != '\r', "{place} is behind its line");
            left -= c.len_utf16();
        }
        assert_eq!(left, 0, "{place} is behind the text");
        text.len()
    };
    let words = &text[offset(&range["start"])..offset(&range["end"])];
    let words = words.trim_start_matches('\u{feff}');
    words.replace("\r\n", "\n").replace('\r', "\n")
}

/// An answer with the words of its ranges instead of their places.
fn worded(answer: &mut Value, text: &str, uri: &str) {
    match answer {
        Value::Object(map) if map.contains_key("start") && map.contains_key("end") && map.len() == 2 => {
            *answer = json!(words(text, answer));
        }
        Value::Object(map) => {
            // what lies in other files is at the same place
            let elsewhere = |key: &str| map.get(key).is_some_and(|other| other != uri);
            if elsewhere("uri") || elsewhere("targetUri") {
                map.retain(|key, _| key != "originSelectionRange");
                return;
            }
            map.values_mut().for_each(|value| worded(value, text, uri));
        }
        Value::Array(list) => list.iter_mut().for_each(|value| worded(value, text, uri)),
        Value::String(told) => {
            // how long ago the last sync was
            if let Some(at) = told.find("synced ") {
                told.truncate(at);
            }
            *told = told.replace("\r\n", "\n").replace('\r', "\n");
        }
        _ => {}
    }
}

fn tokens(answer: &Value, text: &str) -> Value {
    let data: Vec<u64> = answer["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|n| n.as_u64().unwrap())
        .collect();
    let (mut line, mut character) = (0, 0);
    let words = data.chunks(5).map(|token| {
        character = if token[0] == 0 {
            character + token[1]
        } else {
            token[1]
        };
        line += token[0];
        let place = |character: u64| json!({"line": line, "character": character});
        let range = json!({"start": place(character), "end": place(character + token[2])});
        json!([words(text, &range), token[3]])
    });
    words.collect()
}

const ABOUT_A_PLACE: &[&str] = &[
    "hover",
    "definition",
    "references",
    "documentHighlight",
    "completion",
    "signatureHelp",
    "prepareRename",
    "prepareCallHierarchy",
];

fn about_a_place(editor: &mut Editor, path: &str, text: &str, offset: usize) -> Vec<Value> {
    let uri = editor.uri(path);
    let at = json!({
        "textDocument": {"uri": uri}, "position": position(text, offset),
        "context": {"includeDeclaration": true, "triggerKind": 1, "isRetrigger": false},
    });
    let ids: Vec<u64> = ABOUT_A_PLACE
        .iter()
        .map(|method| editor.ask(&format!("textDocument/{method}"), at.clone()))
        .collect();
    let mut answers = Vec::new();
    for (id, method) in ids.into_iter().zip(ABOUT_A_PLACE) {
        let mut reply = editor.reply(id);
        let may_refuse = *method == "prepareRename";
        assert!(
            may_refuse || reply.get("error").is_none(),
            "{method} at {offset} of {text:?}: {reply}"
        );
        let mut answer = reply
            .as_object_mut()
            .unwrap()
            .remove("result")
            .unwrap_or_default();
        if *method == "prepareCallHierarchy" {
            // the lines are those of the last sync
            answer = answer.pointer("/0/name").cloned().unwrap_or_default();
        }
        worded(&mut answer, text, &uri);
        // an object of the catalogue has the lines of its last sync
        assert!(
            *method == "definition" || !answer.to_string().contains(BEHIND),
            "{method}: {answer}"
        );
        answers.push(json!([method, answer, reply["error"]["message"]]));
    }
    answers
}

fn about_the_text(editor: &mut Editor, path: &str, text: &str) -> Vec<Value> {
    let uri = editor.uri(path);
    let start = json!({"line": 0, "character": 0});
    let of = json!({
        "textDocument": {"uri": uri}, "range": {"start": start, "end": position(text, text.len())},
        "context": {"diagnostics": []},
    });
    let mut answers = Vec::new();
    for method in [
        "documentSymbol",
        "documentLink",
        "codeLens",
        "inlayHint",
        "codeAction",
    ] {
        let mut answer = editor.request(&format!("textDocument/{method}"), of.clone());
        worded(&mut answer, text, &uri);
        assert!(!answer.to_string().contains(BEHIND), "{method}: {answer}");
        answers.push(json!([method, answer]));
    }
    answers.push(editor.request("textDocument/foldingRange", of.clone()));
    let answer = editor.request("textDocument/semanticTokens/full", of);
    answers.push(tokens(&answer, text));
    answers
}

/// What is told of the newest version of a text.
fn problems(editor: &mut Editor, path: &str, text: &str, version: usize) -> Value {
    let uri = editor.uri(path);
    let mut told = editor.told("textDocument/publishDiagnostics", |p| {
        p["uri"] == uri.as_str() && p["version"] == version
    });
    let found = &mut told["diagnostics"];
    worded(found, text, &uri);
    found.take()
}

fn open(place: &Place) -> Editor {
    let mut editor = Editor::start(&place.workspace, &place.environment);
    let mut offers = offers();
    offers["textDocument"]["documentSymbol"] = json!({"hierarchicalDocumentSymbolSupport": true});
    editor.greet(json!({"autoSync": {"enabled": false}}), offers);
    editor.show(TAKINGS);
    editor.hover_until(TAKINGS, "ref('stg_lo$0aves')", ABOUT_LOAVES);
    editor
}

fn bakery() -> Place {
    let macros = (
        "macros/euros.sql",
        "{% macro euros(cents, digits) %}\n  {{ cents }} / 100\n{% endmacro %}\n",
    );
    Place::new("bakery", &[BAKERY, &[macros, (WIDE, WIDE_TEXT)]].concat())
}

#[test]
fn every_line_end_gives_the_same_words() {
    let place = bakery();
    let mut editor = open(&place);
    for path in [WIDE, SCHEMA_FILE] {
        let text = std::fs::read_to_string(place.workspace.join(path)).unwrap();
        let places: Vec<usize> = text.char_indices().map(|(at, _)| at).step_by(3).collect();
        editor.show_text(path, &text);
        let told = problems(&mut editor, path, &text, 1);
        assert!(
            told.as_array().is_some_and(|told| !told.is_empty()),
            "{path}: {told}"
        );
        let whole = about_the_text(&mut editor, path, &text);
        let each: Vec<_> = places
            .iter()
            .map(|at| about_a_place(&mut editor, path, &text, *at))
            .collect();
        for (nth, (kind, (other, moved))) in variants(&text).into_iter().enumerate() {
            editor.retype(path, &other);
            assert_eq!(
                problems(&mut editor, path, &other, nth + 2),
                told,
                "{path}, {kind}"
            );
            assert_eq!(about_the_text(&mut editor, path, &other), whole, "{path}, {kind}");
            for (at, before) in places.iter().zip(&each) {
                let now = about_a_place(&mut editor, path, &other, moved[*at]);
                assert_eq!(&now, before, "{path}, {kind}, {:?}", &text[*at..]);
            }
        }
    }
}

#[test]
fn text_that_is_cut_off_anywhere_is_answered() {
    let place = bakery();
    let mut editor = open(&place);
    for path in [WIDE, SCHEMA_FILE, "macros/euros.sql"] {
        let text = std::fs::read_to_string(place.workspace.join(path)).unwrap();
        editor.show_text(path, "");
        for (cut, _) in text.char_indices().step_by(7).chain([(text.len(), ' ')]) {
            // the rest is not there yet, or some of it
            let later = (cut + 9..text.len()).find(|at| text.is_char_boundary(*at));
            let rest = later.map_or("", |at| &text[at..]);
            for text in [text[..cut].to_owned(), format!("{}{rest}", &text[..cut])] {
                editor.retype(path, &text);
                about_a_place(&mut editor, path, &text, cut);
                about_the_text(&mut editor, path, &text);
            }
        }
    }
    // places that no text has are answered too
    for place in [
        json!({"line": 0, "character": 9999}),
        json!({"line": 999_999, "character": 0}),
    ] {
        for method in ABOUT_A_PLACE.iter().filter(|method| **method != "prepareRename") {
            let at = json!({
                "textDocument": {"uri": editor.uri(WIDE)}, "position": place, "context": {"includeDeclaration": true, "triggerKind": 1, "isRetrigger": false},
            });
            editor.request(&format!("textDocument/{method}"), at);
        }
    }
}
