//! What is wrong, and what to do: hub, token, match, cache, clock. Shared by the editor's command
//! and `metasync doctor`.

use std::path::Path;

use metasync_cache::Cache;
use metasync_client::{Client, ClientError};
use metasync_protocol::editor::{DoctorAnswer, DoctorCheck};

use crate::{
    settings::{Effective, Folder, Mode},
    sync::{
        About, LocalHub,
        matching::{self, Matched},
    },
    workspace::Found,
};

/// Seconds by which clocks may differ: tokens end by the hub's clock.
const CLOCK_TOLERANCE: i64 = 30;

/// Examines everything; a check that can't be made because an earlier one failed is left out.
pub async fn examine(about: &About, hubs: &dyn LocalHub) -> DoctorAnswer {
    let About {
        found,
        settings,
        cache,
    } = about;
    let mut checks = vec![workspace(found)];
    match &settings.mode {
        Mode::Hub {
            url,
            organization,
            token,
        } => {
            hub(
                &mut checks,
                url,
                organization.as_deref(),
                token.as_deref(),
                settings,
                found,
            )
            .await;
        }
        Mode::Local => checks.push(good(
            "hub",
            "local mode: the workspace itself is indexed, no hub is needed",
        )),
        Mode::Folder(folder) => {
            checks.push(good("hub", "none is needed: a published catalogue is read"));
            checks.push(published(folder, hubs).await);
        }
        Mode::Off => checks.push(bad(
            "hub",
            "no hub is configured and local mode is off",
            "set metasync.hub.url, or metasync.local.enabled to true",
        )),
    }
    let path = cache.to_owned();
    let examined = tokio::task::spawn_blocking(move || integrity(&path)).await;
    checks.push(examined.unwrap_or_else(|e| bad("cache", &e.to_string(), "report this")));
    DoctorAnswer {
        ok: checks.iter().all(|c| c.ok),
        checks,
    }
}

fn good(name: &str, message: &str) -> DoctorCheck {
    DoctorCheck {
        name: name.to_owned(),
        ok: true,
        message: message.to_owned(),
        advice: String::new(),
    }
}

fn bad(name: &str, message: &str, advice: &str) -> DoctorCheck {
    DoctorCheck {
        name: name.to_owned(),
        ok: false,
        message: message.to_owned(),
        advice: advice.to_owned(),
    }
}

fn workspace(found: &Found) -> DoctorCheck {
    let how = match (found.git, found.identity.remotes.first()) {
        (true, Some(remote)) => format!("by its git remote {remote}"),
        (true, None) => "by its folder's name: the repository has no remote".to_owned(),
        (false, _) => "by its folder's name: it is no git repository".to_owned(),
    };
    good(
        "workspace",
        &format!(
            "{} is {:?} ({how})",
            found.root.display(),
            found.identity.identifier
        ),
    )
}

async fn hub(
    checks: &mut Vec<DoctorCheck>,
    url: &str,
    organization: Option<&str>,
    token: Option<&str>,
    settings: &Effective,
    found: &Found,
) {
    let client = match Client::new(url, token) {
        Ok(client) => client,
        Err(error) => return checks.push(bad("hub", &error.to_string(), "correct metasync.hub.url")),
    };
    match client.health().await {
        Ok(health) => {
            checks.push(good(
                "hub",
                &format!("{url} answers in {} ms", health.round_trip.as_millis()),
            ));
            checks.push(clock(health.clock_difference));
        }
        Err(error) => {
            let advice = "check the address, the network (VPN, proxy) and that the hub is running";
            return checks.push(bad("hub", &error.to_string(), advice));
        }
    }
    if token.is_none() {
        return checks.push(bad(
            "token",
            "there is none",
            "sign in in the editor, or set METASYNC_TOKEN",
        ));
    }
    let organization = match organization {
        Some(organization) => organization.to_owned(),
        None => match client.organizations().await {
            Ok(list) if list.organizations.len() == 1 => list.organizations[0].id.to_string(),
            Ok(list) => {
                let names: Vec<&str> = list.organizations.iter().map(|o| o.name.as_str()).collect();
                let message = format!("the token belongs to several organizations: {}", names.join(", "));
                return checks.push(bad("token", &message, "set metasync.hub.organization"));
            }
            Err(error) => return checks.push(bad("token", &error.to_string(), "sign in again")),
        },
    };
    match client
        .match_workspace(&organization, &found.identity.identifier)
        .await
    {
        Ok(answer) => {
            checks.push(good(
                "token",
                &format!("accepted for the organization {organization}"),
            ));
            checks.push(
                match matching::decide(&answer, None, &settings.connections, false) {
                    Matched::Use(list) if !list.is_empty() => {
                        let names: Vec<String> = list
                            .iter()
                            .map(|c| format!("{} ({})", c.full_name, c.status))
                            .collect();
                        good("match", &format!("this workspace uses {}", names.join(", ")))
                    }
                    _ => bad(
                        "match",
                        &format!("no connection is exactly {:?}", found.identity.identifier),
                        "run metasync.selectConnections in the editor, or set metasync.connections",
                    ),
                },
            );
        }
        Err(error) => {
            let advice = match error {
                ClientError::Revoked { .. } => "ask an owner of the organization for access",
                ClientError::Unauthenticated { .. } => "sign in again, or set a new METASYNC_TOKEN",
                _ => "see the hub's log",
            };
            checks.push(bad("token", &error.to_string(), advice));
        }
    }
}

/// Whether the folder can be read, and what is in it.
async fn published(folder: &Folder, hubs: &dyn LocalHub) -> DoctorCheck {
    let place = folder.shown();
    match hubs.look(folder.clone()).await {
        Ok(what) => good("folder", &format!("{place} has {what}")),
        Err(error) => {
            let advice = match error.code.as_deref() {
                Some("share_refused") => "sign in in the editor, or set WEBDAV_USERNAME and WEBDAV_PASSWORD",
                Some("share_not_found") => {
                    "check the address, or run `metasync publish --to` with it in the workspace to publish"
                }
                _ => "check the address, the network (VPN, proxy) and that the server is running",
            };
            bad("folder", &error.message, advice)
        }
    }
}

fn clock(difference: Option<i64>) -> DoctorCheck {
    match difference {
        None => good("clock", "the hub tells no time"),
        Some(seconds) if seconds.abs() <= CLOCK_TOLERANCE => good("clock", "agrees with the hub's"),
        Some(seconds) => bad(
            "clock",
            &format!("differs from the hub's by {seconds} s"),
            "set this machine's clock: tokens end by the hub's time",
        ),
    }
}

fn integrity(path: &Path) -> DoctorCheck {
    if !path.exists() {
        return good("cache", "nothing was synced yet");
    }
    let audited = Cache::open(path).and_then(|opened| match opened.rebuilt {
        Some(why) => Ok(Err(why)),
        None => opened.cache.reader().audit().map(Ok),
    });
    match audited {
        Ok(Ok(audit)) if audit.is_clean() => good(
            "cache",
            &format!(
                "{}: {} rows, all as the hub sent them",
                path.display(),
                audit.rows
            ),
        ),
        Ok(Ok(audit)) => bad(
            "cache",
            &format!(
                "{}: {} of {} rows and {} streams are not as the hub sent them",
                path.display(),
                audit.wrong_rows.len(),
                audit.rows,
                audit.wrong_streams.len()
            ),
            "run `metasync sync --full`",
        ),
        Ok(Err(why)) => bad(
            "cache",
            &format!("it was damaged ({why}) and is empty now"),
            "run `metasync sync`",
        ),
        Err(error) => bad("cache", &error.to_string(), "run `metasync sync --full`"),
    }
}
