//! PostgreSQL under the suite: a database for each test, on the server of `tests/set-up/postgres.sh`.

use std::{path::PathBuf, sync::Mutex};

use metasync_store::Store;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};

/// The server's address; its role is no superuser and may create databases.
const ADDRESS: &str = "METASYNC_TEST_POSTGRES";

fn server() -> String {
    std::env::var(ADDRESS).unwrap_or_else(|_| {
        panic!(
            "{ADDRESS} is not set: run `cargo xtask set-up postgres`, which starts a server and prints its \
             address, and set it to that; `cargo xtask test` does so by itself"
        )
    })
}

/// Databases of tests that ended, empty again. They are not dropped one by one: DROP DATABASE waits
/// for every backend of the server, now and then for a minute.
static FREE: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// A database of its own; it is emptied when this value goes.
pub struct Place {
    name: String,
    pub url: String,
}

impl Place {
    pub async fn new() -> Place {
        let free = FREE.lock().unwrap().pop();
        let name = match free {
            Some(name) => name,
            None => {
                let name = format!("test_{}", uuid::Uuid::new_v4().simple());
                run(
                    &server(),
                    &[&format!("CREATE DATABASE {name} TEMPLATE template0")],
                )
                .await;
                name
            }
        };
        let mut url = url::Url::parse(&server()).unwrap();
        url.set_path(&name);
        Place {
            name,
            url: url.into(),
        }
    }

    pub async fn open(&self) -> Store {
        Store::connect(&self.url).await.unwrap()
    }

    /// It can't be copied: what a restore does there, the operator says.
    pub fn files(&self) -> Option<PathBuf> {
        None
    }

    /// A connection past the store, as the role of the hub.
    pub async fn raw(&self) -> PgConnection {
        let mut raw = PgConnection::connect(&self.url).await.unwrap();
        raw.execute("SET search_path TO metadata").await.unwrap();
        raw
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let url = self.url.clone();
        // The test's runtime can't be waited for in a drop; what it left open ends here.
        let emptying = std::thread::spawn(move || {
            tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap()
                .block_on(run(
                    &url,
                    &[
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                         WHERE datname = current_database() AND pid <> pg_backend_pid()",
                        "DROP SCHEMA IF EXISTS metadata CASCADE",
                    ],
                ));
        });
        if emptying.join().is_ok() {
            FREE.lock().unwrap().push(self.name.clone());
        }
    }
}

async fn run(url: &str, statements: &[&str]) {
    let mut server = PgConnection::connect(url).await.unwrap();
    for statement in statements {
        server
            .execute(AssertSqlSafe((*statement).to_owned()))
            .await
            .unwrap();
    }
    server.close().await.unwrap();
}

/// Where a test that opens a store only once keeps it.
pub type Once = Place;

pub async fn once() -> (Store, Once) {
    let place = Place::new().await;
    (place.open().await, place)
}
