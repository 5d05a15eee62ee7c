//! The SQL dialects of contract.md and what matters about them to the analysis.

use std::fmt;
use std::str::FromStr;

/// A dialect of SQL (contract.md, "Decided" of the program: the names of `--dialect`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the names are the meaning")]
pub enum Dialect {
    Ansi,
    BigQuery,
    ClickHouse,
    Databricks,
    DuckDb,
    Hive,
    MySql,
    Oracle,
    Postgres,
    Redshift,
    Snowflake,
    Spark,
    Sqlite,
    Trino,
    Tsql,
}

/// A name that is none of the dialects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownDialect(
    /// The name as given.
    pub String,
);

impl fmt::Display for UnknownDialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown SQL dialect `{}`; known are ", self.0)?;
        for (n, dialect) in Dialect::ALL.iter().enumerate() {
            write!(f, "{}{}", if n == 0 { "" } else { ", " }, dialect.as_str())?;
        }
        Ok(())
    }
}

impl std::error::Error for UnknownDialect {}

impl Dialect {
    /// Every dialect, in the order of their names.
    pub const ALL: [Self; 15] = [
        Self::Ansi,
        Self::BigQuery,
        Self::ClickHouse,
        Self::Databricks,
        Self::DuckDb,
        Self::Hive,
        Self::MySql,
        Self::Oracle,
        Self::Postgres,
        Self::Redshift,
        Self::Snowflake,
        Self::Spark,
        Self::Sqlite,
        Self::Trino,
        Self::Tsql,
    ];

    /// The contract's name of it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ansi => "ansi",
            Self::BigQuery => "bigquery",
            Self::ClickHouse => "clickhouse",
            Self::Databricks => "databricks",
            Self::DuckDb => "duckdb",
            Self::Hive => "hive",
            Self::MySql => "mysql",
            Self::Oracle => "oracle",
            Self::Postgres => "postgres",
            Self::Redshift => "redshift",
            Self::Snowflake => "snowflake",
            Self::Spark => "spark",
            Self::Sqlite => "sqlite",
            Self::Trino => "trino",
            Self::Tsql => "tsql",
        }
    }

    /// The dialect that a dbt adapter (`type:` in a profile) speaks, where it is one of ours.
    pub fn of_adapter(adapter: &str) -> Option<Self> {
        let adapter = adapter.trim().to_ascii_lowercase();
        Some(match adapter.as_str() {
            "postgresql" | "alloydb" | "materialize" | "risingwave" | "greenplum" => Self::Postgres,
            "motherduck" => Self::DuckDb,
            "sqlserver" | "synapse" | "fabric" | "mssql" => Self::Tsql,
            "athena" | "presto" | "starburst" => Self::Trino,
            "impala" => Self::Hive,
            "mariadb" | "doris" | "starrocks" | "singlestore" => Self::MySql,
            "glue" | "fabricspark" => Self::Spark,
            other => return other.parse().ok(),
        })
    }

    /// Whether a select item may use the alias of an item before it.
    pub(crate) const fn has_lateral_aliases(self) -> bool {
        matches!(
            self,
            Self::Snowflake
                | Self::Redshift
                | Self::Databricks
                | Self::Spark
                | Self::DuckDb
                | Self::ClickHouse
        )
    }
}

impl FromStr for Dialect {
    type Err = UnknownDialect;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|dialect| dialect.as_str() == name)
            .ok_or_else(|| UnknownDialect(name.to_owned()))
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
