use std::path::Path;

use super::{ConfigError, HubConfig, SigningKeys, file, load};

const GOOD: &str = r#"
listen = "127.0.0.1:0"
data_dir = "data"

[auth]
jwt_secret_env = "SECRET"
admin_pin_env = "PIN"

[[organizations]]
id = "11111111-1111-4111-8111-111111111111"
name = "acme"
members = [{ user = "alice", role = "owner" }, { user = "bob", role = "member" }]

[[organizations.connections]]
type = "github"
name = "shop"
full_name = "acme/shop"
url = "https://example.com/acme/shop.git"
branch = "main"
dialect = "duckdb"

[[organizations.releases]]
name = "7.0.0.0"
git_branch = "master"

[repositories]
on_startup = false
interval_minutes = 0

[sources]
allow_local_paths = true

[metadata_sync]
interval_hours = 24.0

[webdav]
organization = "acme"
base_url = "http://127.0.0.1:1"
"#;

fn parse(text: &str) -> Result<HubConfig, ConfigError> {
    file::parse(Path::new("/etc/metasync/hub.toml"), text)
}

fn fails(text: &str) -> String {
    parse(text)
        .err()
        .map(|e| e.to_string())
        .unwrap_or_else(|| panic!("accepted: {text}"))
}

#[test]
fn the_contracts_keys_are_read() {
    let config = parse(GOOD).unwrap();
    assert_eq!(config.auth.keys, SigningKeys::Environment("SECRET".into()));
    assert_eq!(config.data_dir, Path::new("/etc/metasync/data"));
    assert!(!config.repositories.on_startup && config.sources.allow_local_paths);
    let organization = &config.declared()[0];
    assert_eq!(organization.members.len(), 2);
    assert_eq!(organization.connections[0].id, None);
    let release = &organization.connections[1];
    assert_eq!(
        (release.kind.as_str(), release.name.as_str()),
        ("release", "7.0.0.0")
    );
    assert_eq!(release.branch.as_deref(), Some("master"));
    assert!(parse("").unwrap().organizations.is_empty());
}

#[test]
fn errors_name_the_file_the_line_and_the_key() {
    let at = fails(&GOOD.replace("[auth]", "[auth]\nno_such_key = 1"));
    assert!(
        at.starts_with("/etc/metasync/hub.toml:6:") && at.contains("no_such_key"),
        "{at}"
    );
    for (from, to, word) in [
        ("[sources]", "[no_such_section]\n[sources]", "no_such_section"),
        ("role = \"member\"", "role = \"emperor\"", "emperor"),
        ("data_dir = \"data\"", "= = =", "hub.toml:3:"),
        ("11111111-1111-4111-8111-111111111111", "nonsense", "UUID"),
        ("user = \"bob\"", "user = \"alice\"", "members[1].user"),
        (
            "branch = \"main\"",
            "branch = \"--upload-pack=x\"",
            "connections[0].branch",
        ),
        (
            "https://example.com/acme/shop.git",
            "ext::sh -c id",
            "connections[0].url",
        ),
        ("dialect = \"duckdb\"", "dialect = \"klingon\"", "klingon"),
        (
            "organization = \"acme\"",
            "organization = \"nobody\"",
            "webdav.organization",
        ),
        (
            "interval_minutes = 0",
            "interval_minutes = -1",
            "interval_minutes",
        ),
        ("type = \"github\"", "type = \"telepathy\"", "telepathy"),
        ("name = \"7.0.0.0\"", "name = \"acme/shop\"", "releases[0].name"),
        (
            "git_branch = \"master\"",
            "git_branch = \"a..b\"",
            "releases[0].git_branch",
        ),
    ] {
        let changed = GOOD.replace(from, to);
        assert_ne!(changed, GOOD, "{from}");
        let error = fails(&changed);
        assert!(error.contains(word), "{word}: {error}");
    }
    assert!(fails("database = \"mysql://user:pw@host\"").contains("database"));
    assert!(!fails("database = \"postgres://u:s3cret@h\"\nx = 1").contains("s3cret"));
    assert!(fails("[auth]\njwks_url = \"x\"\njwt_secret_env = \"Y\"").contains("jwks_url"));
    assert!(
        load(Path::new("/no/such/hub.toml"))
            .unwrap_err()
            .to_string()
            .contains("/no/such/hub.toml")
    );
}
