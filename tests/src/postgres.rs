//! Databases on the PostgreSQL server of the tests (`tests/set-up/postgres.sh`).

use std::{
    path::PathBuf,
    process::{Command, Stdio},
};

/// The server's address; its role may create databases.
const ADDRESS: &str = "METASYNC_TEST_POSTGRES";

/// An empty database of its own, dropped with this value.
pub struct Database {
    name: String,
    /// What a hub is configured with.
    pub url: String,
}

impl Database {
    /// Makes one.
    pub fn new() -> Database {
        let name = format!("story_{}_{}", std::process::id(), unique());
        sql(&format!("CREATE DATABASE {name} TEMPLATE template0"));
        let server = server();
        let (server, _) = server.rsplit_once('/').expect("an address names a database");
        Database {
            url: format!("{server}/{name}"),
            name,
        }
    }
}

impl Default for Database {
    fn default() -> Database {
        Database::new()
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let _ = psql(&format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name)).output();
    }
}

fn unique() -> usize {
    static NEXT: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
    NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed)
}

fn server() -> String {
    std::env::var(ADDRESS).unwrap_or_else(|_| {
        panic!(
            "{ADDRESS} is not set: run `cargo xtask set-up postgres`, which starts a server and prints its \
             address, and set it to that; `cargo xtask test` does so by itself"
        )
    })
}

fn sql(statement: &str) {
    let output = psql(statement).output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{statement}: {error}");
}

fn psql(statement: &str) -> Command {
    let mut command = Command::new(program());
    command
        .args(["-qAt", "-v", "ON_ERROR_STOP=1", &server(), "-c", statement])
        .stdin(Stdio::null());
    command
}

/// `psql` of PATH, or of the newest PostgreSQL that Debian installed.
fn program() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let mut programs: Vec<PathBuf> = versions
        .flatten()
        .map(|entry| entry.path().join("bin/psql"))
        .filter(|path| path.is_file())
        .collect();
    programs.sort();
    programs.pop().unwrap_or_else(|| PathBuf::from("psql"))
}
