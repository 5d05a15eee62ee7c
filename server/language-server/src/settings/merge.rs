//! Layers of settings as JSON: a later layer wins member by member; what it leaves out, sets to
//! null or to an empty text does not count.

use metasync_protocol::settings::Settings;
use serde_json::Value;

/// Puts `upper` over `lower`.
pub fn over(lower: &mut Value, upper: &Value) {
    match (lower, upper) {
        (_, Value::Null) => {}
        (Value::Object(lower), Value::Object(upper)) => {
            for (name, value) in upper {
                over(lower.entry(name.clone()).or_insert(Value::Null), value);
            }
        }
        (lower, Value::String(text)) if text.is_empty() && !lower.is_null() => {}
        (lower, upper) => *lower = upper.clone(),
    }
}

/// Takes what an editor tells over what it told before: what it names counts, null and an empty text
/// too, for that is how a setting is taken back and a user signs out. What it does not name stays.
pub fn retold(before: &mut Value, told: &Value) {
    match (before, told) {
        (Value::Object(before), Value::Object(told)) => {
            for (name, value) in told {
                match before.get_mut(name) {
                    Some(member) if member.is_object() && value.is_object() => retold(member, value),
                    Some(member) => *member = value.clone(),
                    None => {
                        before.insert(name.clone(), value.clone());
                    }
                }
            }
        }
        // an editor that knows no such settings answers null
        (_, Value::Null) => {}
        (before, told) => *before = told.clone(),
    }
}

/// Reads settings member by member: one that has the wrong type is left out and named.
pub fn read(layers: &Value, problems: &mut Vec<String>) -> Settings {
    let mut good = Value::Object(serde_json::Map::new());
    if let Value::Object(members) = layers {
        for (name, value) in members {
            collect(&mut good, &[name], value, problems);
        }
    }
    serde_json::from_value(good).unwrap_or_default()
}

fn collect(good: &mut Value, path: &[&str], value: &Value, problems: &mut Vec<String>) {
    if let (Value::Object(members), true) = (value, path.len() < 3) {
        for (name, value) in members {
            collect(good, &[path, &[name.as_str()]].concat(), value, problems);
        }
        return;
    }
    let mut with = good.clone();
    let mut at = &mut with;
    for name in path {
        if !at.is_object() {
            *at = Value::Object(serde_json::Map::new());
        }
        at = &mut at[*name];
    }
    *at = value.clone();
    match serde_json::from_value::<Settings>(with.clone()) {
        Ok(_) => *good = with,
        Err(error) => problems.push(format!(
            "the setting metasync.{} is ignored: {error}",
            path.join(".")
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_an_editor_takes_back_is_gone_and_what_it_does_not_name_stays() {
        let mut settings = json!({"hub": {"url": "https://hub", "organization": "o"}, "token": "t"});
        retold(&mut settings, &Value::Null);
        retold(&mut settings, &json!({"token": null}));
        assert_eq!(
            settings,
            json!({"hub": {"url": "https://hub", "organization": "o"}, "token": null})
        );
        retold(&mut settings, &json!({"hub": {"url": ""}}));
        assert_eq!(
            settings,
            json!({"hub": {"url": "", "organization": "o"}, "token": null})
        );
    }
}
