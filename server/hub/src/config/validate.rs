//! What the shape of `hub.toml` alone can't say.

use std::collections::HashSet;

use uuid::Uuid;

use super::{ConfigError, ConnectionConfig, HubConfig, Organization, address};

/// Most minutes between two runs: a year.
const MAX_INTERVAL_MINUTES: f64 = 365.0 * 24.0 * 60.0;

pub(super) fn validate(config: &mut HubConfig) -> Result<(), ConfigError> {
    let minutes = config.repositories.interval_minutes;
    if !(0.0..=MAX_INTERVAL_MINUTES).contains(&minutes) {
        return Err(ConfigError::value(
            "repositories.interval_minutes",
            format!("{minutes} is no number of minutes between 0 and {MAX_INTERVAL_MINUTES}"),
        ));
    }
    super::Timetable::new(&config.sources.check, &config.sources.time_zone)
        .map_err(|why| ConfigError::value("sources.check", why))?;
    if let Some(database) = &config.database
        && !(database.starts_with("postgres://") || database.starts_with("postgresql://"))
    {
        return Err(ConfigError::value(
            "database",
            "only `postgres://…` addresses are known; leave it out for SQLite in the data directory",
        ));
    }
    let (mut ids, mut names, mut connection_ids) = (HashSet::new(), HashSet::new(), HashSet::new());
    for (i, organization) in config.organizations.iter().enumerate() {
        let key = format!("organizations[{i}]");
        check_organization(&key, organization)?;
        if !ids.insert(organization.id) {
            return Err(ConfigError::value(
                format!("{key}.id"),
                "another organization has this id",
            ));
        }
        if !names.insert(organization.name.as_str()) {
            return Err(ConfigError::value(
                format!("{key}.name"),
                format!("another organization is named {:?}", organization.name),
            ));
        }
        let mut full_names = HashSet::new();
        for (j, connection) in organization.connections.iter().enumerate() {
            let key = format!("{key}.connections[{j}]");
            check_connection(&key, connection)?;
            if !full_names.insert(connection.full_name.as_str()) {
                return Err(ConfigError::value(
                    format!("{key}.full_name"),
                    format!(
                        "another connection of the organization is {:?}",
                        connection.full_name
                    ),
                ));
            }
            if !connection_ids.insert(connection.id_in(organization.id)) {
                return Err(ConfigError::value(
                    format!("{key}.id"),
                    "another connection has this id",
                ));
            }
        }
    }
    check_releases(&config.organizations)?;
    if let Some(name) = config.webdav.as_ref().and_then(|w| w.organization.as_deref())
        && !config
            .organizations
            .iter()
            .any(|o| o.name == name || o.id.to_string() == name)
    {
        return Err(ConfigError::value(
            "webdav.organization",
            format!("no organization is named {name:?}"),
        ));
    }
    Ok(())
}

/// Releases are connections, too.
fn check_releases(organizations: &[Organization]) -> Result<(), ConfigError> {
    for (i, organization) in organizations.iter().enumerate() {
        let connections = organization.connections.iter();
        let mut names: HashSet<&str> = connections
            .flat_map(|c| [c.name.as_str(), c.full_name.as_str()])
            .collect();
        for (j, release) in organization.releases.iter().enumerate() {
            let at = |field: &str| format!("organizations[{i}].releases[{j}].{field}");
            address::name(&release.name).map_err(|e| ConfigError::value(at("name"), e))?;
            if !names.insert(release.name.as_str()) {
                return Err(ConfigError::value(
                    at("name"),
                    format!(
                        "another release or connection of the organization is named {:?}",
                        release.name
                    ),
                ));
            }
            if let Some(branch) = release.git_branch.as_deref().filter(|branch| !branch.is_empty()) {
                address::branch(branch).map_err(|e| ConfigError::value(at("git_branch"), e))?;
            }
        }
    }
    Ok(())
}

fn check_organization(key: &str, organization: &Organization) -> Result<(), ConfigError> {
    address::name(&organization.name).map_err(|e| ConfigError::value(format!("{key}.name"), e))?;
    if Uuid::parse_str(&organization.name).is_ok() || organization.name.contains('/') {
        return Err(ConfigError::value(
            format!("{key}.name"),
            "the name must be no UUID and hold no `/`, as it stands in paths",
        ));
    }
    let mut users = HashSet::new();
    for (i, member) in organization.members.iter().enumerate() {
        if member.user.is_empty() || !users.insert(member.user.as_str()) {
            return Err(ConfigError::value(
                format!("{key}.members[{i}].user"),
                format!("{:?} is empty or listed twice", member.user),
            ));
        }
    }
    Ok(())
}

fn check_connection(key: &str, connection: &ConnectionConfig) -> Result<(), ConfigError> {
    let at = |field: &str| format!("{key}.{field}");
    address::name(&connection.name).map_err(|e| ConfigError::value(at("name"), e))?;
    address::name(&connection.full_name).map_err(|e| ConfigError::value(at("full_name"), e))?;
    address::url(&connection.kind, &connection.url, true).map_err(|e| ConfigError::value(at("url"), e))?;
    if let Some(branch) = &connection.branch {
        address::branch(branch).map_err(|e| ConfigError::value(at("branch"), e))?;
    }
    if let Some(dialect) = &connection.dialect {
        address::dialect(dialect).map_err(|e| ConfigError::value(at("dialect"), e))?;
    }
    Ok(())
}
