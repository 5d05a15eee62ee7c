//! What may stand in a report that others will read: no folder of the user's, no host, no name of the
//! repository or the organization.

use serde_json::Value;

/// Shorter texts would strike out parts of ordinary words.
const SHORTEST: usize = 3;
/// Ends the part of an address that says where.
const ENDS: &[char] = &['/', ' ', '"', '\'', ')', ',', ';', '<', '>', '\n'];
/// Hosts that tell nothing.
const HERE: &[&str] = &["127.0.0.1", "localhost", "[::1]"];

/// The report without these texts, each replaced by its stand-in, and without the hosts of addresses.
pub fn redacted(report: Value, secrets: &[(String, &str)]) -> Value {
    let mut sorted: Vec<_> = secrets
        .iter()
        .filter(|(text, _)| text.len() >= SHORTEST)
        .collect();
    // a folder in the home folder is told by its own stand-in
    sorted.sort_by_key(|(text, _)| std::cmp::Reverse(text.len()));
    let clean = |text: String| {
        let struck = sorted
            .iter()
            .fold(text, |text, (secret, instead)| text.replace(secret, instead));
        without_hosts(&struck)
    };
    each_text(report, &clean)
}

fn each_text(value: Value, clean: &impl Fn(String) -> String) -> Value {
    match value {
        Value::String(text) => Value::String(clean(text)),
        Value::Array(list) => list.into_iter().map(|one| each_text(one, clean)).collect(),
        Value::Object(members) => members
            .into_iter()
            .map(|(name, one)| (name, each_text(one, clean)))
            .collect(),
        other => other,
    }
}

fn without_hosts(text: &str) -> String {
    let mut parts = text.split("://");
    let mut clean = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (place, rest) = part.split_at(part.find(ENDS).unwrap_or(part.len()));
        let is_here = HERE.iter().any(|host| {
            place
                .strip_prefix(host)
                .is_some_and(|port| port.is_empty() || port.starts_with(':'))
        });
        clean.push_str("://");
        clean.push_str(if is_here || place.is_empty() {
            place
        } else {
            "(host)"
        });
        clean.push_str(rest);
    }
    clean
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn folders_names_and_hosts_are_struck_out() {
        let report = json!({"a": ["/users/ann/shop/models of acme/shop", 7], "b": {"c": "hub https://hub.example.com/x is http://127.0.0.1:80/"}});
        let secrets = [
            ("/users/ann".to_owned(), "~"),
            ("/users/ann/shop".to_owned(), "(workspace)"),
            ("acme/shop".to_owned(), "(repository)"),
            ("a".to_owned(), "(too short)"),
        ];
        assert_eq!(
            redacted(report, &secrets),
            json!({"a": ["(workspace)/models of (repository)", 7], "b": {"c": "hub https://(host)/x is http://127.0.0.1:80/"}})
        );
        assert_eq!(without_hosts("http://127.0.0.1.evil.example"), "http://(host)");
        assert_eq!(without_hosts("davs://ann@cloud.example.com"), "davs://(host)");
    }
}
