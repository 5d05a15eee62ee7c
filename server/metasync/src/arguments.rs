//! The command line as contract.md fixes it.

use std::{path::PathBuf, time::Duration};

use clap::{Args, Parser, Subcommand};
use metasync_analysis::Dialect;

/// Metadata of your data models, tests and sources, in your editor: offline, at once.
#[derive(Parser)]
#[command(name = "metasync", version, about, arg_required_else_help = true)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Subcommand)]
pub enum Command {
    /// Try it: index a dbt or SQL folder with an embedded hub, and show what an editor would see
    Try(TryOptions),
    /// The language server, on stdio
    Lsp,
    /// The hub
    Hub(HubOptions),
    /// Sync the workspace's metadata into the cache that the language server uses
    Sync(SyncOptions),
    /// Publish the workspace's facts to a WebDAV folder, for editors without a hub
    Publish(PublishOptions),
    /// What the cache holds, and how old it is
    Status(CacheOptions),
    /// The syncs of this workspace
    History(CacheOptions),
    /// All that is known of an object: what the hover shows
    Show(ShowOptions),
    /// Find objects by parts of names, columns, or words of descriptions
    Search(SearchOptions),
    /// What an object is built from, and what uses it
    Lineage(LineageOptions),
    /// What the analysis finds in files; nothing is stored
    Analyze(AnalyzeOptions),
    /// Mint a token signed with the hub's configured secret
    Token(TokenOptions),
    /// Examine hub, token, match, cache and clock, and say what to do
    Doctor(DoctorOptions),
}

/// `metasync try`.
#[derive(Args)]
pub struct TryOptions {
    /// A dbt project or a folder with SQL [default: the bundled example]
    pub path: Option<PathBuf>,
    /// Keep its state here [default: a temporary folder]
    #[arg(long, value_name = "D")]
    pub data_dir: Option<PathBuf>,
    /// One JSON document on stdout
    #[arg(long)]
    pub json: bool,
}

/// `metasync hub`.
#[derive(Args)]
pub struct HubOptions {
    /// Configuration file (hub.toml)
    #[arg(long, value_name = "F")]
    pub config: Option<PathBuf>,
    /// Address to listen on; port 0 takes a free one
    #[arg(long, value_name = "A")]
    pub listen: Option<String>,
    /// Where its state lives
    #[arg(long, value_name = "D")]
    pub data_dir: Option<PathBuf>,
    /// Database address [default: SQLite in the data directory]
    #[arg(long, value_name = "URL")]
    pub database: Option<String>,
    /// Say that the database was restored: clients build their copies anew
    #[arg(long)]
    pub new_epoch: bool,
}

/// `metasync sync`.
#[derive(Args)]
pub struct SyncOptions {
    /// The workspace [default: here]
    pub path: Option<PathBuf>,
    /// The workspace, as the other commands name it
    #[arg(long, value_name = "PATH", conflicts_with = "path")]
    pub workspace: Option<PathBuf>,
    /// Read everything again and build the copy anew
    #[arg(long)]
    pub full: bool,
    /// One JSON document on stdout
    #[arg(long)]
    pub json: bool,
}

/// `metasync publish`.
#[derive(Args)]
pub struct PublishOptions {
    /// Address of the folder: davs://, dav://, https:// or http://; user name in it or in WEBDAV_USERNAME, password in
    /// WEBDAV_PASSWORD
    #[arg(long, value_name = "URL")]
    pub to: String,
    /// The workspace [default: here]
    pub path: Option<PathBuf>,
    /// The workspace, as the other commands name it
    #[arg(long, value_name = "PATH", conflicts_with = "path")]
    pub workspace: Option<PathBuf>,
    /// Put it in the place of another workspace's catalogue
    #[arg(long)]
    pub replace: bool,
    /// One JSON document on stdout
    #[arg(long)]
    pub json: bool,
}

/// What all commands on the cache share.
#[derive(Args)]
pub struct CacheOptions {
    /// The workspace [default: here]
    #[arg(long, value_name = "PATH")]
    pub workspace: Option<PathBuf>,
    /// One JSON document on stdout
    #[arg(long)]
    pub json: bool,
}

/// `metasync show`.
#[derive(Args)]
pub struct ShowOptions {
    /// Name of an object
    pub name: String,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub cache: CacheOptions,
}

/// `metasync search`.
#[derive(Args)]
pub struct SearchOptions {
    /// Part of a name, or words
    pub text: String,
    /// Most results
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub cache: CacheOptions,
}

/// `metasync lineage`.
#[derive(Args)]
pub struct LineageOptions {
    /// Name of an object
    pub name: String,
    /// What it is built from
    #[arg(long)]
    pub upstream: bool,
    /// What uses it
    #[arg(long)]
    pub downstream: bool,
    /// Follow one column
    #[arg(long, value_name = "C")]
    pub column: Option<String>,
    /// How many steps
    #[arg(long, value_name = "N")]
    pub depth: Option<usize>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub cache: CacheOptions,
}

/// `metasync analyze`.
#[derive(Args)]
pub struct AnalyzeOptions {
    /// Files or folders
    #[arg(required = true)]
    pub paths: Vec<PathBuf>,
    /// SQL dialect: ansi, bigquery, clickhouse, databricks, duckdb, hive, mysql, oracle, postgres,
    /// redshift, snowflake, spark, sqlite, trino, tsql
    #[arg(long, value_name = "D", value_parser = |text: &str| text.parse::<Dialect>().map_err(|e| e.to_string()))]
    pub dialect: Option<Dialect>,
    /// One JSON document on stdout
    #[arg(long)]
    pub json: bool,
}

/// `metasync token`.
#[derive(Args)]
pub struct TokenOptions {
    /// The hub's configuration file
    #[arg(long, value_name = "F")]
    pub config: PathBuf,
    /// The user
    #[arg(long, value_name = "U")]
    pub user: String,
    /// The organization that the token is for [default: any of the user's]
    #[arg(long, value_name = "O")]
    pub organization: Option<String>,
    /// How long it is good: 30s, 10m, 1h, 30d
    #[arg(long, value_name = "TTL", default_value = "1h", value_parser = duration)]
    pub ttl: Duration,
    /// One JSON document on stdout
    #[arg(long)]
    pub json: bool,
}

/// `metasync doctor`.
#[derive(Args)]
pub struct DoctorOptions {
    #[command(flatten)]
    #[allow(missing_docs)]
    pub cache: CacheOptions,
    /// Write a redacted report here
    #[arg(long, value_name = "F")]
    pub bundle: Option<PathBuf>,
}

/// A number and a unit: `s`, `m`, `h`, `d`.
fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("{text:?} is no time: a number with s, m, h or d is needed, such as 1h");
    let unit = text.chars().last().ok_or_else(wrong)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return Err(wrong()),
    };
    let count: u64 = text[..text.len() - unit.len_utf8()]
        .parse()
        .map_err(|_| wrong())?;
    count
        .checked_mul(seconds)
        .filter(|s| *s > 0)
        .map(Duration::from_secs)
        .ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn times_have_a_unit() {
        assert_eq!(duration("10m"), Ok(Duration::from_secs(600)));
        assert_eq!(duration("30d"), Ok(Duration::from_secs(2_592_000)));
        for wrong in ["", "soon", "10", "h", "-1h", "0s", "99999999999999999999d", "1ü"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
