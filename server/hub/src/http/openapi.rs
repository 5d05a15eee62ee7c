//! `GET /openapi.json`, made from the table that the router is made from.

use metasync_protocol::{ErrorBody, PROTOCOL};
use metasync_store::MAX_LIMIT;
use schemars::{SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use super::{
    routes::{self, Allowed, Endpoint, SchemaOf},
    search, sources,
};

/// The description of all routes (OpenAPI 3.1).
pub(super) fn description() -> Value {
    let mut settings = SchemaSettings::draft2020_12();
    settings.definitions_path = "/components/schemas".into();
    settings.meta_schema = None;
    let mut generator = settings.into_generator();
    let error = json!({
        "description": "What happened, to what, and what to do",
        "content": content(&mut generator, |g| g.subschema_for::<ErrorBody>()),
    });
    let mut paths: Map<String, Value> = Map::new();
    for endpoint in routes::endpoints() {
        let operation = operation(&endpoint, &mut generator);
        let path = paths.entry(endpoint.path).or_insert_with(|| json!({}));
        path[endpoint.method.to_ascii_lowercase()] = operation;
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "metasync hub",
            "version": env!("CARGO_PKG_VERSION"),
            "license": {"name": "MIT OR Apache-2.0"},
        },
        "paths": paths,
        "components": {
            "schemas": generator.take_definitions(true),
            "responses": {"Error": error},
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
                "pin": {"type": "apiKey", "in": "header", "name": "X-Admin-PIN"},
            },
        },
    })
}

fn operation(endpoint: &Endpoint, generator: &mut SchemaGenerator) -> Value {
    let (status, answer) = endpoint.answer;
    let mut success = json!({"description": "Done"});
    if let Some(schema) = answer {
        success["content"] = content(generator, schema);
    }
    if endpoint.streams {
        success["content"] = json!({"text/event-stream": {"schema": {"type": "string"}}});
    }
    let mut responses = json!({"default": {"$ref": "#/components/responses/Error"}});
    for status in std::iter::once(status).chain(endpoint.or_status) {
        responses[status.to_string()] = success.clone();
    }
    let mut operation = json!({
        "operationId": operation_id(endpoint),
        "summary": endpoint.summary,
        "parameters": parameters(endpoint),
        "responses": responses,
    });
    if let Some(schema) = endpoint.request {
        operation["requestBody"] = json!({"content": content(generator, schema)});
    }
    match endpoint.allowed {
        Allowed::Everybody | Allowed::Holders => {}
        Allowed::Operator => operation["security"] = json!([{"pin": []}]),
        _ => operation["security"] = json!([{"token": []}]),
    }
    if endpoint.allowed == Allowed::Writers {
        operation["description"] = json!("Needs the role of a maintainer or owner.");
    }
    operation
}

/// Path parameters stand in the pattern, query parameters in the table.
fn parameters(endpoint: &Endpoint) -> Vec<Value> {
    let in_path = endpoint
        .path
        .split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let in_path = in_path.map(|name| {
        let schema = match name {
            "job_id" | "object_id" => id(),
            "sync_run_id" => json!({"type": "integer", "minimum": 1, "maximum": i64::MAX}),
            "release_id" => json!({"type": "integer", "minimum": 1}),
            // repositories are known by their names, too
            "id" if endpoint.path.starts_with(EDITORS) => id(),
            _ => json!({"type": "string", "minLength": 1}),
        };
        json!({"name": name, "in": "path", "required": true, "schema": schema})
    });
    let in_query = endpoint.query.iter().map(|name| {
        let mut parameter = json!({"name": name, "in": "query", "required": *name == "q" && !endpoint.path.starts_with(SOURCES)});
        parameter["schema"] = query_schema(name, endpoint);
        if parameter["schema"]["type"] == "array" {
            // comma-separated
            parameter["style"] = json!("form");
            parameter["explode"] = json!(false);
        }
        parameter
    });
    in_path.chain(in_query).collect()
}

/// Where the routes of seed 003 begin.
const SOURCES: &str = "/v1/";

/// Where the routes for editors begin.
const EDITORS: &str = "/api/metadata-sync/";

fn id() -> Value {
    json!({"type": "string", "format": "uuid"})
}

fn query_schema(name: &str, endpoint: &Endpoint) -> Value {
    match name {
        "connection_ids" | "object_ids" => json!({"type": "array", "items": id()}),
        "q" if endpoint.path.starts_with(SOURCES) => {
            json!({"type": "string", "maxLength": search::MAX_WORDS / MOST_UTF8})
        }
        "status" => json!({"type": "string", "enum": sources::STATUSES}),
        "available" => json!({"type": "string", "enum": ["true", "false", "all"]}),
        "last_sync_timestamp" => json!({"type": "string", "format": "date-time"}),
        "include_documentation" => json!({"type": "boolean"}),
        "limit" if endpoint.path.starts_with(EDITORS) => {
            json!({"type": "integer", "minimum": 1, "maximum": MAX_LIMIT})
        }
        "limit" if endpoint.allowed == Allowed::Operator => {
            json!({"type": "integer", "minimum": 1, "maximum": 1_000})
        }
        "limit" => json!({"type": "integer", "minimum": 1, "maximum": search::MAX_LIMIT}),
        "offset" | "max_bytes" => json!({"type": "integer", "minimum": 0, "maximum": i64::MAX}),
        "protocol" => json!({"type": "integer", "enum": [PROTOCOL]}),
        // as many characters as there are bytes in the longest ones
        "q" => {
            json!({"type": "string", "minLength": 1, "maxLength": search::MAX_WORDS / MOST_UTF8, "pattern": NO_BLANK})
        }
        _ => json!({"type": "string"}),
    }
}

/// Bytes of a character at most.
const MOST_UTF8: usize = 4;
/// Something must stand there.
const NO_BLANK: &str = "\\S";

fn content(generator: &mut SchemaGenerator, schema: SchemaOf) -> Value {
    json!({"application/json": {"schema": schema(generator)}})
}

fn operation_id(endpoint: &Endpoint) -> String {
    let mut id = endpoint.method.to_ascii_lowercase();
    for part in endpoint
        .path
        .split(['/', '{', '}', '-', '.'])
        .filter(|p| !p.is_empty() && *p != "api")
    {
        id.push('_');
        id.push_str(part);
    }
    id
}
