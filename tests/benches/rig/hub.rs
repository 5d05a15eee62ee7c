//! A running hub with a catalogue in it. The rows go in through the store, as a run would commit
//! them, because a repository of 100,000 files would measure the file system.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use anyhow::{Context, Result, ensure};
use metasync_protocol::ids;
use metasync_store::{Batch, DeclaredConnection, DeclaredOrganization, Member, Role, Store, StreamPhase};
use serde_json::{Value, json};
use tempfile::TempDir;
use uuid::Uuid;

use super::{catalogue, workspace::FULL_NAME};

/// The organization.
const ORGANIZATION: &str = "acme";
/// Its id.
const ORGANIZATION_ID: Uuid = Uuid::from_u128(0x1111_1111_1111_4111_8111_1111_1111_1111);
/// Who asks.
const USER: &str = "bench";
/// The hub's secret; it lives as long as the benchmark.
const SECRET: &str = "a secret of the benchmark, long enough for HS256";
/// Objects of one commit.
const BATCH: usize = 2_000;

/// A started hub; killed when dropped.
pub struct Hub {
    child: Child,
    url: String,
    token: String,
    _folder: TempDir,
}

impl Hub {
    /// Fills a database with so many objects and starts a hub on it.
    pub fn with_objects(objects: usize) -> Result<Hub> {
        let folder = tempfile::Builder::new().prefix("metasync-bench-hub-").tempdir()?;
        let data = folder.path().join("data");
        std::fs::create_dir_all(&data)?;
        fill(&data, objects)?;
        let config = folder.path().join("hub.toml");
        std::fs::write(&config, configuration(&data))?;
        let program = super::program()?;
        let token = Command::new(&program)
            .args(["token", "--json", "--user", USER, "--ttl", "8h", "--config"])
            .arg(&config)
            .env("METASYNC_JWT_SECRET", SECRET)
            .output()
            .context("can't start metasync token")?;
        ensure!(
            token.status.success(),
            "metasync token failed: {}",
            String::from_utf8_lossy(&token.stderr)
        );
        let token: Value = serde_json::from_slice(&token.stdout)?;
        let mut child = Command::new(&program)
            .args(["hub", "--listen", "127.0.0.1:0", "--config"])
            .arg(&config)
            .env("METASYNC_JWT_SECRET", SECRET)
            .env("METASYNC_LOG", "error")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .context("can't start metasync hub")?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().context("no stdout")?).read_line(&mut line)?;
        let url = line
            .trim()
            .strip_prefix("listening on ")
            .with_context(|| format!("the hub said `{}`", line.trim()))?;
        Ok(Hub {
            url: url.to_owned(),
            token: token["token"].as_str().context("no token")?.to_owned(),
            child,
            _folder: folder,
        })
    }

    /// `initializationOptions` of an editor that uses this hub and syncs only when asked.
    pub fn options(&self) -> Value {
        json!({
            "hub": {"url": self.url, "organization": ORGANIZATION},
            "token": self.token,
            "autoSync": {"enabled": false, "intervalMinutes": 60},
        })
    }

    /// Address.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Bearer token.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Path of the feed, with documentation left out.
    pub fn feed(&self) -> String {
        format!(
            "{}/api/metadata-sync/organizations/{ORGANIZATION}/sync-package",
            self.url
        )
    }

    /// Process id.
    pub fn process(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Id of the connection.
pub fn connection() -> Uuid {
    ids::connection(ORGANIZATION_ID, FULL_NAME)
}

fn configuration(data: &Path) -> String {
    format!(
        "data_dir = {data:?}\n[auth]\njwt_secret_env = \"METASYNC_JWT_SECRET\"\n\
         [repositories]\non_startup = false\ninterval_minutes = 0\n\
         [[organizations]]\nid = \"{ORGANIZATION_ID}\"\nname = \"{ORGANIZATION}\"\n\
         members = [{{ user = \"{USER}\", role = \"owner\" }}]\n\
         [[organizations.connections]]\nid = \"{}\"\ntype = \"github\"\nname = \"bench\"\n\
         full_name = \"{FULL_NAME}\"\nurl = \"https://git.example.com/{FULL_NAME}.git\"\nbranch = \"main\"\n",
        connection(),
    )
}

/// Writes the catalogue as an index run commits it.
fn fill(data: &Path, objects: usize) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let store = Store::open(data).await?;
        let declared = DeclaredOrganization {
            id: ORGANIZATION_ID,
            name: ORGANIZATION.to_owned(),
            members: vec![Member {
                user: USER.to_owned(),
                role: Role::Owner,
            }],
            connections: vec![DeclaredConnection {
                id: Some(connection()),
                kind: "github".to_owned(),
                name: "bench".to_owned(),
                full_name: FULL_NAME.to_owned(),
                url: format!("https://git.example.com/{FULL_NAME}.git"),
                branch: Some("main".to_owned()),
                dialect: None,
                settings: Value::Null,
            }],
        };
        store.declare(&[declared]).await?;
        for start in (0..objects).step_by(BATCH) {
            let mut batch = Batch::default();
            for number in start..(start + BATCH).min(objects) {
                let (file, object, owned) = catalogue::model(connection(), number);
                batch.files.push(file);
                batch.objects.push((object, owned));
            }
            batch.state = if start + BATCH >= objects {
                StreamPhase::Complete
            } else {
                StreamPhase::Partial
            };
            store
                .batch_commit(ORGANIZATION_ID, connection(), Uuid::from_u128(1), batch)
                .await?;
        }
        store.close().await;
        Ok(())
    })
}
