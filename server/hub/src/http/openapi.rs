//! `GET /openapi.json`, made from the table that the router is made from.

use metasync_protocol::ErrorBody;
use schemars::{SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use super::routes::{self, Allowed, Endpoint, SchemaOf};

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
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    })
}

fn operation(endpoint: &Endpoint, generator: &mut SchemaGenerator) -> Value {
    let (status, answer) = endpoint.answer;
    let mut success = json!({"description": "Done"});
    if let Some(schema) = answer {
        success["content"] = content(generator, schema);
    }
    let mut operation = json!({
        "operationId": operation_id(endpoint),
        "summary": endpoint.summary,
        "parameters": parameters(endpoint),
        "responses": {status.to_string(): success, "default": {"$ref": "#/components/responses/Error"}},
    });
    if let Some(schema) = endpoint.request {
        operation["requestBody"] = json!({"content": content(generator, schema)});
    }
    if endpoint.allowed != Allowed::Everybody {
        operation["security"] = json!([{"token": []}]);
    }
    if endpoint.allowed == Allowed::Writers {
        operation["description"] = json!("Needs the role of a maintainer or owner.");
    }
    operation
}

/// Path parameters stand in the pattern, query parameters in the table.
fn parameters(endpoint: &Endpoint) -> Vec<Value> {
    let text = json!({"type": "string"});
    let in_path = endpoint
        .path
        .split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let in_path = in_path.map(|name| json!({"name": name, "in": "path", "required": true, "schema": text}));
    let in_query = endpoint
        .query
        .iter()
        .map(|name| json!({"name": name, "in": "query", "required": false, "schema": text}));
    in_path.chain(in_query).collect()
}

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
