//! A hub: opened from a configuration, then served on a listener until it is told to stop.

use std::{net::SocketAddr, path::Path, sync::Arc, time::Duration};

use axum::{Router, serve::ListenerExt as _};
use metasync_sources::{
    Reach, Sources, SourcesOptions,
    entries::{Outside, Variables},
};
use metasync_store::{Store, StoreError};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{
    auth::{self, Verifier},
    config::{
        ConfigError, HubConfig, SigningKeys, SourcesPolicy, Timetable, git_access, releases::ReleaseSettings,
    },
    events::{self, Bells},
    http::{self, App, AppInner},
    library::Library,
    metrics::Metrics,
    published::Published,
    runs::{self, Policy, Runs, entries::Upkeep, releases::Releases},
    secrets,
};

/// How long open answers may take after the hub was told to end.
const DRAIN: Duration = Duration::from_secs(5);

/// Folder below the data directory for the clones of git repositories.
const CLONES_DIR: &str = "clones";

/// A hub that can't work.
#[derive(Debug, thiserror::Error)]
pub enum HubError {
    /// Its configuration can't be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Its database can't be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The published catalogue can't be read.
    #[error(transparent)]
    Share(#[from] metasync_sources::ShareError),
    /// The data directory, or the network, can't be used.
    #[error("{what}: {source}")]
    Io {
        /// What was tried.
        what: String,
        /// What the system said.
        source: std::io::Error,
    },
}

impl From<secrets::SecretError> for HubError {
    fn from(error: secrets::SecretError) -> HubError {
        match error {
            secrets::SecretError::Config(error) => HubError::Config(error),
            secrets::SecretError::Io(what, source) => HubError::Io { what, source },
        }
    }
}

impl HubError {
    /// A stable word for programs, where there is one.
    pub fn code(&self) -> Option<&'static str> {
        match self {
            HubError::Share(error) => Some(error.code()),
            _ => None,
        }
    }

    fn io(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> HubError {
        let what = what.into();
        move |source| HubError::Io { what, source }
    }
}

/// An open hub: its database is there and its configuration is in it. It works from
/// [`Hub::serve`] on.
pub struct Hub {
    config: HubConfig,
    store: Store,
    runs: Arc<Runs>,
    bells: Arc<Bells>,
    app: App,
    shutdown: CancellationToken,
}

impl Hub {
    /// Opens the data directory and the database; once this answers, requests on a bound listener will
    /// be answered. For a hub without configuration the owner's token is written now.
    pub async fn open(config: HubConfig, shutdown: CancellationToken) -> Result<Hub, HubError> {
        let release_settings = ReleaseSettings::of(&config)?;
        make_private_dir(&config.data_dir)?;
        let verifier = Verifier::new(&config)?;
        verifier.prepare().await;
        let store = match &config.database {
            Some(url) => Store::connect(url).await?,
            None => Store::open(&config.data_dir).await?,
        };
        store.declare(&config.declared()).await?;
        if config.database.is_none() {
            // the tables are this process's own: what still runs in them was cut off by a crash
            store.expire_leases().await?;
        }
        if config.owner_token {
            auth::write_owner_token(&config, &verifier).await?;
        }
        let (bells, metrics) = (Arc::new(Bells::default()), Arc::new(Metrics::default()));
        let sources = Sources::new(SourcesOptions {
            clones_dir: config.data_dir.join(CLONES_DIR),
            git_access: git_access(&config),
        });
        let releases = Releases::new(&config, release_settings, config.data_dir.join(CLONES_DIR));
        let runs = Runs::new(
            store.clone(),
            sources,
            Arc::clone(&bells),
            Arc::clone(&metrics),
            Policy {
                allow_local_paths: config.sources.allow_local_paths,
                allow_private_networks: config.sources.allow_private_networks,
                webhook_secret: secrets::webhooks(&config)?,
                entries: runs::entries::EntryPolicy {
                    outside: Arc::new(outside(&config)?),
                    sealer: Arc::new(secrets::sealer(&config)?),
                },
            },
        );
        let published = config
            .catalogue
            .as_ref()
            .map(|share| Published::open(share, &config.data_dir))
            .transpose()?;
        let runs = Arc::new(runs.with_releases(releases).with_published(published));
        let library = Arc::new(Library::new(&config, store.clone(), Arc::clone(&bells)));
        if config.database.is_none() {
            let orgs: Vec<_> = config.organizations.iter().map(|o| o.id).collect();
            library.recover(&orgs).await?;
        }
        let app = App::new(AppInner {
            store: store.clone(),
            verifier,
            pin: secrets::admin_pin(&config),
            runs: Arc::clone(&runs),
            library: Arc::clone(&library),
            bells: Arc::clone(&bells),
            metrics,
            rates: http::rate::Rates::default(),
            allow_local_paths: config.sources.allow_local_paths,
            shutdown: shutdown.clone(),
        });
        Ok(Hub {
            config,
            store,
            runs,
            bells,
            app,
            shutdown,
        })
    }

    /// The database was restored from a copy: all clients build theirs anew.
    pub async fn renew_epoch(&self) -> Result<(), HubError> {
        self.store.new_epoch().await?;
        Ok(())
    }

    /// Another configuration's organizations, as another start would bring them in.
    #[cfg(test)]
    pub(crate) async fn redeclare(&self, config: &HubConfig) -> Result<(), HubError> {
        Ok(self.store.declare(&config.declared()).await?)
    }

    /// Works on runs, beside a router that is asked without a network.
    #[cfg(test)]
    pub(crate) fn work(&self) {
        tokio::spawn(Arc::clone(&self.runs).work(self.shutdown.clone()));
    }

    /// The routes, for tests that walk them without a network.
    pub fn router(&self) -> Router {
        http::router(self.app.clone())
    }

    /// Answers requests and works on runs until the token given to [`Hub::open`] is cancelled; then
    /// open answers get a few seconds, and runs 20, before their leases are given back.
    pub async fn serve(self, listener: TcpListener) -> Result<(), HubError> {
        let shutdown = self.shutdown.clone();
        let working = tokio::spawn(Arc::clone(&self.runs).work(shutdown.clone()));
        let schedule = runs::schedule(
            Arc::clone(&self.runs),
            self.config.repositories.clone(),
            shutdown.clone(),
        );
        let scheduling = tokio::spawn(schedule);
        let upkeep = upkeep(&self.config.sources)?;
        let keeping = tokio::spawn(runs::entries::keep_up(
            Arc::clone(&self.runs),
            upkeep,
            shutdown.clone(),
        ));
        let releasing = tokio::spawn(Arc::clone(&self.runs).schedule_releases(shutdown.clone()));
        let telling = tokio::spawn(Arc::clone(&self.runs).tell_webhooks(shutdown.clone()));
        let hearing = tokio::spawn(events::ring_for_others(
            self.store.foreign_changes(),
            Arc::clone(&self.bells),
        ));
        let passing_on = tokio::spawn(Arc::clone(&self.app.library).pass_on_from_others());
        let listener = listener.tap_io(|stream| {
            // Events are small and must not wait for more of them.
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%error, "TCP_NODELAY can't be set");
            }
        });
        let router = self.router().into_make_service_with_connect_info::<SocketAddr>();
        let answering =
            axum::serve(listener, router).with_graceful_shutdown(shutdown.clone().cancelled_owned());
        let drained = async {
            shutdown.cancelled().await;
            tokio::time::sleep(DRAIN).await;
        };
        let served = tokio::select! {
            served = answering => served.map_err(HubError::io("answering requests")),
            () = drained => Ok(()),
        };
        // Should the listener have failed, the rest ends with it.
        shutdown.cancel();
        scheduling.abort();
        keeping.abort();
        releasing.abort();
        hearing.abort();
        passing_on.abort();
        telling.abort();
        if let Err(error) = working.await {
            tracing::error!(%error, "the runner failed");
        }
        self.store.close().await;
        served
    }
}

/// Where sources of entries may reach.
fn outside(config: &HubConfig) -> Result<Outside, HubError> {
    let data_dir =
        std::path::absolute(&config.data_dir).map_err(HubError::io("finding the data directory"))?;
    let own = [
        match &config.auth.keys {
            SigningKeys::Environment(variable) => Some(variable.clone()),
            _ => None,
        },
        config.auth.admin_pin_env.clone(),
        config.webhooks.secret_env.clone(),
        config.sources.secrets_key_env.clone(),
        config
            .webdav
            .as_ref()
            .and_then(|webdav| webdav.password_env.clone()),
    ];
    Ok(Outside {
        roots: config
            .sources
            .csv_roots
            .iter()
            .map(|root| data_dir.join(root))
            .collect(),
        reach: Reach {
            allow_private: config.sources.allow_private_networks,
        },
        variables: Variables {
            allowed: config.sources.secret_variables.clone(),
            forbidden: own
                .into_iter()
                .flatten()
                .chain(OWN_VARIABLES.map(str::to_owned))
                .collect(),
        },
    })
}

/// Variables of the hub that no configuration names.
const OWN_VARIABLES: [&str; 2] = ["WEBDAV_PASSWORD", "DATABASE_URL"];

/// When sources are looked after.
fn upkeep(policy: &SourcesPolicy) -> Result<Upkeep, ConfigError> {
    let days = |days: u32| (days > 0).then(|| jiff::SignedDuration::from_hours(24 * i64::from(days)));
    Ok(Upkeep {
        check: Timetable::new(&policy.check, &policy.time_zone)
            .map_err(|why| ConfigError::value("sources.check", why))?,
        keep_runs: days(policy.keep_runs_days),
        keep_entries: days(policy.keep_content_days),
    })
}

/// Opens a hub and serves it until `shutdown` is cancelled.
pub async fn serve(
    config: HubConfig,
    listener: TcpListener,
    shutdown: CancellationToken,
) -> Result<(), HubError> {
    Hub::open(config, shutdown).await?.serve(listener).await
}

fn make_private_dir(dir: &Path) -> Result<(), HubError> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir).map_err(HubError::io(format!(
        "making the data directory {}",
        dir.display()
    )))
}
