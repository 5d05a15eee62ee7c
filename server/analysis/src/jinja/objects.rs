//! The words of dbt's Jinja as objects of the engine.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};

use minijinja::value::{Enumerator, Kwargs, Object, ObjectRepr, Rest, Value};
use minijinja::{Environment, Error, State};

use super::list::List;
use super::mask;
use super::render::relation_word;
use crate::relation::RelationName;

/// The relations that a template names, in the order of their first use.
#[derive(Debug, Default)]
pub(super) struct Relations(Mutex<Vec<RelationName>>);

impl Relations {
    fn word(&self, name: RelationName) -> String {
        let Ok(mut list) = self.0.lock() else {
            return "_".to_owned();
        };
        let place = list.iter().position(|known| *known == name).unwrap_or_else(|| {
            list.push(name);
            list.len() - 1
        });
        relation_word(place)
    }

    pub(super) fn take(&self) -> Vec<RelationName> {
        self.0
            .lock()
            .map(|mut list| std::mem::take(&mut *list))
            .unwrap_or_default()
    }
}

/// What the words need to know.
pub(super) struct Words {
    pub(super) relations: Arc<Relations>,
    pub(super) vars: BTreeMap<String, serde_json::Value>,
    pub(super) model: String,
    pub(super) adapter: String,
}

fn unknown() -> String {
    mask::name(mask::UNKNOWN)
}

/// A relation: prints its word, and answers what templates ask of relations.
#[derive(Debug)]
struct Relation {
    word: String,
    name: String,
}

impl Object for Relation {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match key.as_str()? {
            "name" | "identifier" | "table" => Some(Value::from(self.name.clone())),
            "is_table" | "is_view" | "is_cte" => Some(Value::from(false)),
            _ => Some(Value::from(unknown())),
        }
    }

    fn call_method(self: &Arc<Self>, _: &mut State<'_, '_>, _: &str, _: &[Value]) -> Result<Value, Error> {
        Ok(Value::from_dyn_object(self.clone()))
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.word)
    }
}

/// Something that only dbt or the warehouse knows: whatever is asked of it, it is that again. Called with texts, it
/// prints as an SQL function of them, so that columns in them still count.
#[derive(Debug)]
pub(super) struct Anything {
    text: String,
    name: String,
}

impl Anything {
    pub(super) fn new(name: &str) -> Self {
        Self {
            text: unknown(),
            name: name.to_owned(),
        }
    }

    fn called(name: &str, args: &[Value]) -> Value {
        let mut list = Vec::new();
        let mut from = None;
        for arg in args {
            if let Some(kwargs) = kwargs(arg) {
                for (key, value) in kwargs {
                    if key == "from" || key == "relation" {
                        from = Some(value.to_string());
                    }
                    texts(&value, &mut list);
                }
            } else {
                if arg.downcast_object_ref::<Relation>().is_some() {
                    from = Some(arg.to_string());
                }
                texts(arg, &mut list);
            }
        }
        let text = match name {
            // What these print is known well enough.
            "star" if from.is_some() => star(args),
            "group_by" => String::new(),
            "date_spine" => {
                let part = list.first().map_or("day", |part| part.trim_matches('\''));
                format!("(select cast(null as date) as date_{part})")
            }
            _ if args.iter().any(|arg| !relations(arg).is_empty()) => {
                // What is made from relations (union, unpivot, deduplicate) is a query over them.
                let relations: Vec<String> = args.iter().flat_map(relations).collect();
                let arms: Vec<String> = relations
                    .iter()
                    .map(|relation| format!("select * from {relation}"))
                    .collect();
                format!("({})", arms.join(" union all "))
            }
            _ => format!("{name}({})", list.join(", ")),
        };
        Value::from_object(Self {
            text,
            name: name.to_owned(),
        })
    }
}

/// `dbt_utils.star(from, relation_alias=…, except=[…])`.
fn star(args: &[Value]) -> String {
    let named: Vec<(String, Value)> = args.iter().filter_map(kwargs).flatten().collect();
    let find = |name: &str| named.iter().find(|(key, _)| key == name).map(|(_, value)| value);
    let alias = find("relation_alias")
        .filter(|alias| alias.is_true())
        .map(|alias| format!("{alias}."));
    let mut except = Vec::new();
    if let Some(list) = find("except") {
        texts(list, &mut except);
    }
    let star = format!("{}*", alias.unwrap_or_default());
    match except.is_empty() {
        true => star,
        false => format!("{star} exclude ({})", except.join(", ")),
    }
}

/// The keyword arguments in a value, if it holds some.
fn kwargs(value: &Value) -> Option<Vec<(String, Value)>> {
    if !value.is_kwargs() {
        return None;
    }
    let kwargs = Kwargs::try_from(value.clone()).ok()?;
    Some(
        kwargs
            .args()
            .filter_map(|key| Some((key.to_owned(), kwargs.peek::<Value>(key).ok()?)))
            .collect(),
    )
}

fn relations(value: &Value) -> Vec<String> {
    if let Some(kwargs) = kwargs(value) {
        return kwargs.iter().flat_map(|(_, value)| relations(value)).collect();
    }
    if value.downcast_object_ref::<Relation>().is_some() {
        return vec![value.to_string()];
    }
    match value.kind() {
        minijinja::value::ValueKind::Seq | minijinja::value::ValueKind::Iterable => value
            .try_iter()
            .into_iter()
            .flatten()
            .flat_map(|item| relations(&item))
            .collect(),
        _ => Vec::new(),
    }
}

/// Texts that may be SQL expressions.
fn texts(value: &Value, into: &mut Vec<String>) {
    use minijinja::value::ValueKind as K;
    if value.downcast_object_ref::<Relation>().is_some() {
        return;
    }
    match value.kind() {
        K::String | K::Number => {
            let text = value.to_string();
            let balanced = text.matches('(').count() == text.matches(')').count();
            let is_expression = !text.trim().is_empty()
                && balanced
                && !text.contains([';', '%', '{'])
                && text.matches('\'').count().is_multiple_of(2)
                && !text.trim().contains(' ');
            if is_expression {
                into.push(text);
            }
        }
        K::Seq | K::Iterable => {
            for item in value.try_iter().into_iter().flatten() {
                texts(&item, into);
            }
        }
        K::Plain if value.downcast_object_ref::<Anything>().is_some() => into.push(value.to_string()),
        _ => {}
    }
}

impl Object for Anything {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        Some(Value::from_object(Self {
            text: unknown(),
            name: key.to_string(),
        }))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Empty
    }

    fn is_true(self: &Arc<Self>) -> bool {
        true
    }

    fn call(self: &Arc<Self>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
        Ok(Self::called(&self.name, args))
    }

    fn call_method(
        self: &Arc<Self>,
        state: &mut State<'_, '_>,
        name: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        if name == "dispatch"
            && let Some(wanted) = args.first().and_then(Value::as_str)
        {
            // A macro of this workspace that the adapter would choose.
            let adapter = state
                .lookup("target")
                .and_then(|target| target.get_attr("type").ok())
                .map(|name| name.to_string())
                .unwrap_or_default();
            for prefix in [adapter.as_str(), "default"] {
                let found = state.lookup(&format!("{prefix}__{wanted}"));
                if let Some(found) = found.filter(|found| !found.is_undefined()) {
                    return Ok(found);
                }
            }
            return Ok(Value::from_object(Self::new(wanted)));
        }
        Ok(Self::called(name, args))
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// `config(…)`, `config.get('x', default)`.
#[derive(Debug)]
struct Config;

impl Object for Config {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn call(self: &Arc<Self>, _: &mut State<'_, '_>, _: &[Value]) -> Result<Value, Error> {
        Ok(Value::from(""))
    }

    fn call_method(self: &Arc<Self>, _: &mut State<'_, '_>, _: &str, args: &[Value]) -> Result<Value, Error> {
        Ok(args
            .iter()
            .skip(1)
            .find(|arg| !arg.is_kwargs())
            .cloned()
            .unwrap_or_else(|| Value::from(unknown())))
    }
}

/// Teaches the engine dbt's words.
pub(super) fn register(environment: &mut Environment<'_>, words: &Words) {
    let relations = words.relations.clone();
    environment.add_function("ref", move |args: Rest<Value>| {
        let names: Vec<String> = args
            .iter()
            .filter(|arg| !arg.is_kwargs())
            .filter_map(|arg| arg.as_str().map(str::to_owned))
            .collect();
        let (package, name) = match names.as_slice() {
            [package, name, ..] => (Some(package.clone()), name.clone()),
            [name] => (None, name.clone()),
            [] => (None, String::new()),
        };
        let version = args
            .iter()
            .filter_map(kwargs)
            .flatten()
            .find_map(|(key, value)| matches!(key.as_str(), "v" | "version").then(|| value.to_string()));
        let name = mask::versioned(&name, version.as_deref());
        let word = relations.word(RelationName::Ref {
            package,
            name: name.clone(),
        });
        Value::from_object(Relation { word, name })
    });
    let relations = words.relations.clone();
    environment.add_function("source", move |source: String, table: String| {
        let word = relations.word(RelationName::Source {
            source,
            table: table.clone(),
        });
        Value::from_object(Relation { word, name: table })
    });
    let this = Relation {
        word: words.relations.word(RelationName::ThisFile),
        name: words.model.clone(),
    };
    environment.add_global("this", Value::from_object(this));
    let vars = words.vars.clone();
    environment.add_function("var", move |name: String, default: Option<Value>| {
        match vars.get(&name) {
            Some(value) => value_of(value),
            None => default.unwrap_or_else(|| Value::from(unknown())),
        }
    });
    environment.add_function("env_var", |_: String, default: Option<Value>| {
        default.unwrap_or_else(|| Value::from(unknown()))
    });
    environment.add_function("is_incremental", || false);
    environment.add_function("should_full_refresh", || true);
    environment.add_function("run_query", |_: Rest<Value>| {
        Value::from_object(Anything::new("run_query"))
    });
    environment.add_function("_list", |list: Value| {
        let items: Vec<Value> = list.try_iter().map(Iterator::collect).unwrap_or_default();
        Value::from_object(List(Mutex::new(items)))
    });
    environment.add_function("set", |list: Value| list);
    environment.add_function("doc", |_: Rest<Value>| "");
    environment.add_function("tojson", |value: Value| value.to_string());
    for zip in ["zip", "zip_strict"] {
        environment.add_function(zip, |lists: Rest<Value>| {
            let lists: Vec<Vec<Value>> = lists
                .iter()
                .filter(|list| !list.is_kwargs())
                .map(|list| list.try_iter().map(Iterator::collect).unwrap_or_default())
                .collect();
            let length = lists.iter().map(Vec::len).min().unwrap_or(0);
            let rows: Vec<Value> = (0..length)
                .map(|nth| {
                    Value::from(
                        lists
                            .iter()
                            .filter_map(|list| list.get(nth).cloned())
                            .collect::<Vec<_>>(),
                    )
                })
                .collect();
            Value::from(rows)
        });
    }
    environment.add_function("set_strict", |list: Value| list);
    environment.add_function("fromjson", |text: String, default: Option<Value>| {
        serde_json::from_str::<serde_json::Value>(&text)
            .map_or_else(|_| default.unwrap_or_default(), |json| value_of(&json))
    });
    for silent in ["log", "print", "statement"] {
        environment.add_function(silent, |_: Rest<Value>| "");
    }
    environment.add_global("config", Value::from_object(Config));
    environment.add_global("execute", false);
    environment.add_global("target", target(words));
    for name in [
        "adapter",
        "api",
        "modules",
        "exceptions",
        "graph",
        "model",
        "flags",
        "builtins",
        "dbt",
        "dbt_utils",
        "load_result",
        "invocation_id",
        "run_started_at",
        "database",
        "schema",
        "store_result",
        "context",
        "selected_resources",
    ] {
        environment.add_global(name, Value::from_object(Anything::new(name)));
    }
}

fn target(words: &Words) -> Value {
    let pairs = [
        ("name", "dev".to_owned()),
        ("type", words.adapter.clone()),
        ("schema", unknown()),
        ("database", unknown()),
        ("dataset", unknown()),
        ("project", unknown()),
        ("profile_name", "default".to_owned()),
    ];
    pairs
        .into_iter()
        .map(|(key, value)| (key, Value::from(value)))
        .collect::<BTreeMap<_, _>>()
        .into()
}

/// JSON as a value of the engine.
fn value_of(json: &serde_json::Value) -> Value {
    use serde_json::Value as J;
    match json {
        J::Null => Value::from(()),
        J::Bool(bool) => Value::from(*bool),
        J::Number(number) => number
            .as_i64()
            .map_or_else(|| Value::from(number.as_f64().unwrap_or(0.0)), Value::from),
        J::String(text) => Value::from(text.clone()),
        J::Array(list) => list.iter().map(value_of).collect::<Vec<_>>().into(),
        J::Object(map) => map
            .iter()
            .map(|(key, value)| (key.clone(), value_of(value)))
            .collect::<BTreeMap<_, _>>()
            .into(),
    }
}
