//! `GET /docs`: the description of the interfaces for people. One page without scripts, and nothing
//! in it comes from elsewhere.

use std::fmt::Write as _;

use axum::{
    http::{HeaderName, header},
    response::{Html, IntoResponse},
};
use serde_json::Value;

use super::openapi;

/// Nothing but the page's own style.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const STYLE: &str = "
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 0 auto; padding: 2rem 1rem; }
summary { cursor: pointer; padding: .4rem 0; }
code, pre { font-family: ui-monospace, monospace; font-size: .9rem; }
pre { overflow: auto; padding: .75rem; border: 1px solid #8884; border-radius: .4rem; }
details { border-bottom: 1px solid #8884; }
details > *:not(summary) { margin-left: 1rem; }
b { display: inline-block; min-width: 4.5rem; }
table { border-collapse: collapse; } td { padding: .1rem 1rem .1rem 0; vertical-align: top; }
";

pub(super) async fn page() -> impl IntoResponse {
    let headers: [(HeaderName, &str); 2] = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, Html(html(&openapi::description())))
}

fn html(description: &Value) -> String {
    let mut out = String::new();
    // Writing to a string can't fail.
    let _ = write!(
        out,
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width\"><title>{title}</title><style>{STYLE}</style><h1>{title} {version}</h1>\
         <p>Requests carry <code>Authorization: Bearer &lt;token&gt;</code> where the line says so. The same for \
         programs: <a href=\"/openapi.json\">openapi.json</a>.</p>",
        title = text(&description["info"]["title"]),
        version = text(&description["info"]["version"]),
    );
    for (path, methods) in members(&description["paths"]) {
        for (method, operation) in members(methods) {
            one(&mut out, path, method, operation);
        }
    }
    out.push_str("<h2>Shapes</h2>");
    for (name, schema) in members(&description["components"]["schemas"]) {
        let name = escaped(name);
        let _ = write!(
            out,
            "<details id=\"{name}\"><summary><code>{name}</code></summary>"
        );
        shape(&mut out, schema);
        out.push_str("</details>");
    }
    out
}

fn one(out: &mut String, path: &str, method: &str, operation: &Value) {
    let token = match operation.get("security") {
        Some(_) => " · needs a token",
        None => "",
    };
    let _ = write!(
        out,
        "<details><summary><b>{}</b> <code>{}</code> — {}{token}</summary>",
        escaped(&method.to_ascii_uppercase()),
        escaped(path),
        text(&operation["summary"]),
    );
    if let Some(more) = operation["description"].as_str() {
        let _ = write!(out, "<p>{}</p>", escaped(more));
    }
    let parameters = operation["parameters"].as_array().map_or(&[][..], Vec::as_slice);
    if !parameters.is_empty() {
        out.push_str("<table>");
        for parameter in parameters {
            let _ = write!(
                out,
                "<tr><td><code>{}</code><td>in the {}",
                text(&parameter["name"]),
                text(&parameter["in"])
            );
        }
        out.push_str("</table>");
    }
    body(out, "Takes", &operation["requestBody"]);
    for (status, answer) in members(&operation["responses"]) {
        if status != "default" {
            body(out, &format!("Answers {status}"), answer);
        }
    }
    out.push_str("</details>");
}

fn body(out: &mut String, what: &str, body: &Value) {
    if body.is_null() {
        return;
    }
    let _ = write!(out, "<p>{}", escaped(what));
    let schema = &body["content"]["application/json"]["schema"];
    match schema["$ref"].as_str().and_then(|r| r.rsplit('/').next()) {
        Some(name) => {
            let name = escaped(name);
            let _ = write!(out, ": <a href=\"#{name}\"><code>{name}</code></a>");
        }
        None if schema.is_null() => {}
        None => shape(out, schema),
    }
}

fn shape(out: &mut String, schema: &Value) {
    let pretty = serde_json::to_string_pretty(schema).unwrap_or_default();
    let _ = write!(out, "<pre>{}</pre>", escaped(&pretty));
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

fn text(value: &Value) -> String {
    escaped(value.as_str().unwrap_or_default())
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
