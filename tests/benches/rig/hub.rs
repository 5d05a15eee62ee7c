//! A running hub with a catalogue in it. The rows go in through the store, as a run would commit
//! them, because a repository of 100,000 files would measure the file system.

use std::path::Path;

use anyhow::Result;
use metasync_protocol::ids;
use metasync_store::{Batch, DeclaredConnection, DeclaredOrganization, Member, Role, Store, StreamPhase};
use serde_json::{Value, json};
use tempfile::TempDir;
use uuid::Uuid;

use super::{
    catalogue,
    serving::{SECRET_VARIABLE, Serving, USER},
    workspace::FULL_NAME,
};

/// The organization.
const ORGANIZATION: &str = "acme";
/// Its id.
const ORGANIZATION_ID: Uuid = Uuid::from_u128(0x1111_1111_1111_4111_8111_1111_1111_1111);
/// Objects of one commit.
const BATCH: usize = 2_000;

/// A started hub; killed when dropped.
pub struct Hub {
    serving: Serving,
    _folder: TempDir,
}

/// What a hub's database is filled with.
pub struct Filling {
    /// Connections; the objects are shared out evenly.
    pub connections: usize,
    /// Objects of all of them.
    pub objects: usize,
    /// Objects that own nothing: where only their number matters.
    pub bare: bool,
    /// Address of an empty PostgreSQL database; SQLite otherwise.
    pub database: Option<String>,
}

impl Hub {
    /// Fills a database with so many objects and starts a hub on it.
    pub fn with_objects(objects: usize) -> Result<Hub> {
        Hub::with(&Filling {
            connections: 1,
            objects,
            bare: false,
            database: None,
        })
    }

    /// The same with more of a choice.
    pub fn with(filling: &Filling) -> Result<Hub> {
        let folder = tempfile::Builder::new().prefix("metasync-bench-hub-").tempdir()?;
        let data = folder.path().join("data");
        std::fs::create_dir_all(&data)?;
        fill(&data, filling)?;
        let config = folder.path().join("hub.toml");
        std::fs::write(&config, configuration(&data, filling))?;
        Ok(Hub {
            serving: Serving::start(&config)?,
            _folder: folder,
        })
    }

    /// `initializationOptions` of an editor that uses this hub and syncs only when asked.
    pub fn options(&self) -> Value {
        json!({
            "hub": {"url": self.serving.url, "organization": ORGANIZATION},
            "token": self.serving.token,
            "autoSync": {"enabled": false, "intervalMinutes": 60},
        })
    }

    /// Address.
    pub fn url(&self) -> &str {
        &self.serving.url
    }

    /// Bearer token.
    pub fn token(&self) -> &str {
        &self.serving.token
    }

    /// Path of the feed, with documentation left out.
    pub fn feed(&self) -> String {
        format!(
            "{}/api/metadata-sync/organizations/{ORGANIZATION}/sync-package",
            self.serving.url
        )
    }

    /// Path of the organization's routes.
    pub fn organization(&self) -> String {
        format!("/api/metadata-sync/organizations/{ORGANIZATION}")
    }

    /// Process id.
    pub fn process(&self) -> u32 {
        self.serving.process()
    }
}

/// Id of the first connection.
pub fn connection() -> Uuid {
    ids::connection(ORGANIZATION_ID, FULL_NAME)
}

/// Full names of so many connections.
fn full_names(connections: usize) -> impl Iterator<Item = String> {
    (0..connections).map(|n| match n {
        0 => FULL_NAME.to_owned(),
        _ => format!("{FULL_NAME}_{n}"),
    })
}

fn configuration(data: &Path, filling: &Filling) -> String {
    let mut text = filling
        .database
        .as_ref()
        .map(|url| format!("database = {url:?}\n"))
        .unwrap_or_default();
    text.push_str(&format!(
        "data_dir = {data:?}\n[auth]\njwt_secret_env = \"{SECRET_VARIABLE}\"\n\
         [repositories]\non_startup = false\ninterval_minutes = 0\n\
         [[organizations]]\nid = \"{ORGANIZATION_ID}\"\nname = \"{ORGANIZATION}\"\n\
         members = [{{ user = \"{USER}\", role = \"owner\" }}]\n"
    ));
    for full_name in full_names(filling.connections) {
        let id = ids::connection(ORGANIZATION_ID, &full_name);
        let name = full_name.rsplit('/').next().unwrap_or_default();
        text.push_str(&format!(
            "[[organizations.connections]]\nid = \"{id}\"\ntype = \"github\"\nname = \"{name}\"\n\
             full_name = \"{full_name}\"\nurl = \"https://git.example.com/{full_name}.git\"\nbranch = \"main\"\n"
        ));
    }
    text
}

/// Writes the catalogue as an index run commits it.
fn fill(data: &Path, filling: &Filling) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let store = match &filling.database {
            Some(url) => Store::connect(url).await?,
            None => Store::open(data).await?,
        };
        let declared_connection = |full_name: String| DeclaredConnection {
            id: Some(ids::connection(ORGANIZATION_ID, &full_name)),
            kind: "github".to_owned(),
            name: full_name.rsplit('/').next().unwrap_or_default().to_owned(),
            url: format!("https://git.example.com/{full_name}.git"),
            full_name,
            branch: Some("main".to_owned()),
            dialect: None,
            settings: Value::Null,
        };
        let declared = DeclaredOrganization {
            id: ORGANIZATION_ID,
            name: ORGANIZATION.to_owned(),
            members: vec![Member {
                user: USER.to_owned(),
                role: Role::Owner,
            }],
            connections: full_names(filling.connections).map(declared_connection).collect(),
        };
        store.declare(&[declared]).await?;
        let objects = filling.objects / filling.connections;
        for full_name in full_names(filling.connections) {
            let connection = ids::connection(ORGANIZATION_ID, &full_name);
            for start in (0..objects).step_by(BATCH) {
                let mut batch = Batch::default();
                for number in start..(start + BATCH).min(objects) {
                    let (file, object, owned) = match filling.bare {
                        true => catalogue::bare(connection, number),
                        false => catalogue::model(connection, number),
                    };
                    batch.files.push(file);
                    batch.objects.push((object, owned));
                }
                batch.state = if start + BATCH >= objects {
                    StreamPhase::Complete
                } else {
                    StreamPhase::Partial
                };
                store
                    .batch_commit(ORGANIZATION_ID, connection, Uuid::from_u128(1), batch)
                    .await?;
            }
        }
        store.close().await;
        Ok(())
    })
}
