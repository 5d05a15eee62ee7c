//! What a run was asked for, as its row keeps it: all options sealed, for secrets may stand in them.

use metasync_sources::entries::EntrySpec;
use metasync_store::Run;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{super::context::Failure, SyncOptions, targets};
use crate::secrets::Sealer;

/// Members of options whose values may be secrets: only the names in them are told.
const SECRET: [&str; 3] = ["auth", "headers", "body"];

/// Options of a run's row.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Stored {
    pub(super) source_type: String,
    pub(super) source_identifier: String,
    /// The options, sealed.
    pub(super) sealed: String,
    /// Who is told of the run's states.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) progress_webhook: Option<String>,
}

impl Stored {
    pub(super) fn seal(
        sealer: &Sealer,
        org: Uuid,
        (source_type, source_identifier): (&str, &str),
        options: &Value,
        webhook: Option<&str>,
    ) -> Stored {
        Stored {
            source_type: source_type.to_owned(),
            source_identifier: source_identifier.to_owned(),
            sealed: sealer.seal(org, options.to_string().as_bytes()),
            progress_webhook: webhook.map(str::to_owned),
        }
    }

    pub(super) fn open(&self, sealer: &Sealer, org: Uuid) -> Option<Value> {
        let bytes = sealer.open(org, &self.sealed)?;
        serde_json::from_slice(&bytes).ok()
    }
}

/// What a run is to do.
pub(super) struct Spec {
    pub(super) read: EntrySpec,
    pub(super) options: SyncOptions,
    /// Of all options: what one read remembers is good for the same ones only.
    pub(super) digest: String,
}

impl Spec {
    pub(super) fn of(run: &Run, sealer: &Sealer) -> Result<Spec, Failure> {
        let stored: Stored = serde_json::from_value(run.options.clone())
            .map_err(|e| Failure::new("invalid_options", format!("the run's options can't be read: {e}")))?;
        let options = stored.open(sealer, run.org).ok_or_else(|| {
            Failure::new(
                "secret_unreadable",
                "the run's options were sealed by a hub with another key; trigger the sync again, and give all hubs \
                 of one database the same key (`[sources] secrets_key_env`)",
            )
        })?;
        Spec::new(stored.source_type, stored.source_identifier, options)
            .map_err(|why| Failure::new("invalid_options", why))
    }

    pub(super) fn new(kind: String, identifier: String, options: Value) -> Result<Spec, String> {
        let shared = SyncOptions::read(&options)?;
        Ok(Spec {
            digest: hex::encode(Sha256::digest(options.to_string())),
            read: EntrySpec {
                kind,
                identifier,
                fields: targets::fields(shared.table),
                options,
            },
            options: shared,
        })
    }
}

/// Options as people may see them.
pub(super) fn told(options: &Value) -> Value {
    let Some(members) = options.as_object() else {
        return json!({});
    };
    let mut told = Map::new();
    for (name, value) in members {
        let value = if SECRET.contains(&name.as_str()) {
            names_only(value)
        } else {
            value.clone()
        };
        told.insert(name.clone(), value);
    }
    Value::Object(told)
}

/// What names and types an object has; of values those that name something.
fn names_only(value: &Value) -> Value {
    const NAMES: [&str; 4] = ["type", "in", "name", "tokenUrl"];
    let Some(members) = value.as_object() else {
        return json!("…");
    };
    let shown = members.iter().map(|(name, value)| {
        let is_name = NAMES.contains(&name.as_str()) || name.ends_with("Env");
        let value = if is_name && value.is_string() {
            value.clone()
        } else {
            json!("…")
        };
        (name.clone(), value)
    });
    Value::Object(shown.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_secret_is_told() {
        let told = told(&json!({
            "dataPath": "data",
            "auth": {"type": "bearer", "token": "s3cret", "passwordEnv": "P"},
            "headers": {"X-Key": "s3cret"},
            "body": "s3cret",
        }));
        let text = told.to_string();
        assert!(!text.contains("s3cret"), "{text}");
        assert_eq!(told["dataPath"], "data");
        assert_eq!(told["auth"]["passwordEnv"], "P");
        assert_eq!(told["auth"]["type"], "bearer");
    }
}
