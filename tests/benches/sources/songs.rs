//! The file that is read, and others who read it.

use std::{
    io::{BufWriter, Write as _},
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use rusqlite::{Connection, params};

/// Rows of one transaction of the peer: as many as ours.
const ROWS_AT_ONCE: usize = 5_000;

/// `id,title,artist,genre,album`, one line each; every so many have another genre.
pub fn write(file: &Path, rows: usize, changed_every: Option<usize>) -> Result<()> {
    let mut out = BufWriter::new(std::fs::File::create(file)?);
    writeln!(out, "id,title,artist,genre,album")?;
    for n in 0..rows {
        let genre = match changed_every {
            Some(every) if n.is_multiple_of(every) => "Rock",
            _ => "Pop",
        };
        writeln!(
            out,
            "{n},Song number {n},Artist {},{genre},\"Album, {}\"",
            n % 997,
            n % 10_007
        )?;
    }
    Ok(out.flush()?)
}

/// The file into a table without a key, by SQLite's own program.
pub fn import(file: &Path, database: &Path) -> Result<Duration> {
    let begun = Instant::now();
    let status = Command::new("sqlite3")
        .arg(database)
        .arg(".mode csv")
        .arg(format!(".import {} songs", file.display()))
        .status()
        .context("sqlite3 is needed as the peer")?;
    ensure!(status.success(), "sqlite3 .import failed");
    let taken = begun.elapsed();
    std::fs::remove_file(database)?;
    Ok(taken)
}

/// The file into a table with a key, by the shortest program that could be written: each row is there once, and a
/// program that is killed loses what it did since its last transaction.
pub fn upsert(file: &Path, database: &Path) -> Result<Duration> {
    let begun = Instant::now();
    let mut reader = csv::Reader::from_path(file)?;
    let mut connection = Connection::open(database)?;
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
         CREATE TABLE songs (id TEXT PRIMARY KEY, title TEXT, artist TEXT, genre TEXT, album TEXT)",
    )?;
    let mut records = reader.records().peekable();
    while records.peek().is_some() {
        let tx = connection.transaction()?;
        {
            let mut insert = tx.prepare_cached(
                "INSERT INTO songs VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET title = excluded.title,
                 artist = excluded.artist, genre = excluded.genre, album = excluded.album",
            )?;
            for record in records.by_ref().take(ROWS_AT_ONCE) {
                let record = record?;
                insert.execute(params![
                    &record[0], &record[1], &record[2], &record[3], &record[4]
                ])?;
            }
        }
        tx.commit()?;
    }
    drop(connection);
    let taken = begun.elapsed();
    std::fs::remove_file(database)?;
    Ok(taken)
}
