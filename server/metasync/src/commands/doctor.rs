//! `metasync doctor`.

use anyhow::Context;
use metasync_language_server::{doctor, settings::Mode, sync::About};
use tokio_util::sync::CancellationToken;

use super::{bundle, opened};
use crate::{
    arguments::DoctorOptions,
    embedded::EmbeddedHubs,
    terminal::{self, Failure},
};

/// Examines everything and says what to do.
pub async fn run(options: DoctorOptions) -> Result<(), Failure> {
    let workspace = opened::workspace(options.cache.workspace.as_deref())?;
    let about = About {
        cache: workspace.places.cache(),
        found: workspace.found,
        settings: workspace.settings,
    };
    let hubs = EmbeddedHubs::new(CancellationToken::new());
    let answer = doctor::examine(&about, &hubs).await;
    if let Some(path) = &options.bundle {
        let report = serde_json::json!({
            "metasync": env!("CARGO_PKG_VERSION"),
            "system": {"os": std::env::consts::OS, "architecture": std::env::consts::ARCH},
            // Debug of the settings leaves the token out
            "settings": format!("{:?}", about.settings),
            "doctor": answer,
        });
        let report = bundle::redacted(report, &secrets(&about));
        let text = serde_json::to_string_pretty(&report)?;
        std::fs::write(path, text).with_context(|| format!("{} can't be written", path.display()))?;
    }
    if options.cache.json {
        terminal::print_json(&answer)?;
    } else {
        let mut lines = Vec::new();
        for check in &answer.checks {
            lines.push(format!(
                "{}  {:<10} {}",
                if check.ok { "ok " } else { "BAD" },
                check.name,
                check.message
            ));
            if !check.advice.is_empty() {
                lines.push(format!("                → {}", check.advice));
            }
        }
        terminal::print(&lines.join("\n"))?;
    }
    if answer.ok { Ok(()) } else { Err(Failure::Silent) }
}

/// What the report must not tell, and what stands there instead.
fn secrets(about: &About) -> Vec<(String, &'static str)> {
    let shown = |path: &std::path::Path| path.display().to_string();
    let identity = &about.found.identity;
    let mut found = vec![
        (shown(&about.found.root), "(workspace)"),
        (shown(&about.settings.cache_dir), "(cache folder)"),
        (identity.identifier.clone(), "(repository)"),
    ];
    found.extend(identity.remotes.iter().map(|remote| (remote.clone(), "(remote)")));
    found.extend(std::env::home_dir().map(|home| (shown(&home), "~")));
    if let Mode::Hub {
        url, organization, ..
    } = &about.settings.mode
    {
        found.push((url.clone(), "(hub)"));
        found.extend(organization.clone().map(|name| (name, "(organization)")));
    }
    found
}
