//! Secrets of a source: as they were given, or the name of the variable that holds them. Not every variable
//! of the hub may be named: whoever may trigger a sync could send it anywhere.

use serde_json::Value;

use super::{EntryError, ErrorKind};

/// Which variables may hold secrets of sources.
#[derive(Clone, Debug, Default)]
pub struct Variables {
    /// Names, and beginnings of names that end with `*`; empty: all but the forbidden ones.
    pub allowed: Vec<String>,
    /// The hub's own.
    pub forbidden: Vec<String>,
}

/// Beginnings of variables that are somebody else's secrets.
const FOREIGN: [&str; 6] = ["METASYNC_", "AWS_", "AZURE_", "GOOGLE_", "SSH_", "GIT_"];

impl Variables {
    fn allows(&self, name: &str) -> bool {
        if self.forbidden.iter().any(|own| own == name) {
            return false;
        }
        let fits = |pattern: &String| match pattern.strip_suffix('*') {
            Some(beginning) => name.starts_with(beginning),
            None => pattern == name,
        };
        if !self.allowed.is_empty() {
            return self.allowed.iter().any(fits);
        }
        !FOREIGN.iter().any(|beginning| name.starts_with(beginning))
    }

    /// The secret `name` of `of`: its member `name`, or the variable that `<name>Env` names.
    pub fn secret(&self, of: &Value, name: &str, at: &str) -> Result<Option<String>, EntryError> {
        let variable = match of.get(format!("{name}Env")) {
            None | Some(Value::Null) => {
                return match of.get(name) {
                    None | Some(Value::Null) => Ok(None),
                    Some(Value::String(text)) => Ok(Some(text.clone())),
                    Some(_) => Err(EntryError::option(&format!("{at}.{name}"), "must be a text")),
                };
            }
            Some(Value::String(variable)) => variable,
            Some(_) => {
                return Err(EntryError::option(
                    &format!("{at}.{name}Env"),
                    "must be the name of a variable",
                ));
            }
        };
        if !self.allows(variable) {
            return Err(EntryError::option(
                &format!("{at}.{name}Env"),
                format!("the variable {variable:?} is not for sources; see `[sources] secret_variables`"),
            ));
        }
        match std::env::var(variable) {
            Ok(secret) if !secret.is_empty() => Ok(Some(secret)),
            _ => Err(EntryError::new(
                ErrorKind::Authentication,
                "secret_missing",
                format!(
                    "the environment variable {variable} of the hub is not set; it is to hold the {name}"
                ),
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn variables_of_others_are_not_given_away() {
        let variables = Variables {
            forbidden: vec!["HUB_JWT_SECRET".into()],
            ..Variables::default()
        };
        for name in ["HUB_JWT_SECRET", "METASYNC_TOKEN", "AWS_SECRET_ACCESS_KEY"] {
            let error = variables
                .secret(&json!({"tokenEnv": name}), "token", "auth")
                .unwrap_err();
            assert_eq!(error.code, "invalid_options", "{name}");
        }
        let error = variables.secret(&json!({"tokenEnv": "NO_SUCH_VARIABLE_HERE"}), "token", "auth");
        assert_eq!(error.unwrap_err().code, "secret_missing");
        assert_eq!(
            variables
                .secret(&json!({"tokenEnv": "PATH"}), "token", "auth")
                .unwrap(),
            std::env::var("PATH").ok()
        );
        let few = Variables {
            allowed: vec!["MUSIC_*".into()],
            ..Variables::default()
        };
        assert!(few.secret(&json!({"tokenEnv": "PATH"}), "token", "auth").is_err());
        let given = json!({"token": "t"});
        assert_eq!(few.secret(&given, "token", "auth").unwrap().as_deref(), Some("t"));
        assert_eq!(few.secret(&given, "password", "auth").unwrap(), None);
    }
}
