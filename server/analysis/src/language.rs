//! What a file is written in, told by its name alone.

/// The language of a file (contract.md, Seed 002: `language` of a file row).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Language {
    /// SQL, with or without dbt's Jinja in it.
    Sql,
    /// YAML.
    Yaml,
    /// Comma separated values: a dbt seed.
    Csv,
    /// Python.
    Python,
    /// Markdown, where dbt keeps its `docs` blocks.
    Markdown,
    /// `target/manifest.json` and `target/catalog.json` of dbt; other JSON is not analysed.
    Json,
    /// Anything else: not analysed.
    Other,
}

impl Language {
    /// The language of a file by the ending of its path, whatever the case.
    pub fn of_path(path: &str) -> Self {
        let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
        let Some((_, ending)) = name.rsplit_once('.') else {
            return Self::Other;
        };
        if ["target/manifest.json", "target/catalog.json"]
            .iter()
            .any(|artifact| {
                path.strip_suffix(artifact)
                    .is_some_and(|folder| folder.is_empty() || folder.ends_with('/'))
            })
        {
            return Self::Json;
        }
        match ending.to_ascii_lowercase().as_str() {
            "sql" | "ddl" | "dml" | "hql" | "psql" => Self::Sql,
            "yml" | "yaml" => Self::Yaml,
            "csv" | "tsv" => Self::Csv,
            "py" | "pyi" => Self::Python,
            "md" | "markdown" => Self::Markdown,
            _ => Self::Other,
        }
    }

    /// The word for it on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sql => "sql",
            Self::Yaml => "yaml",
            Self::Csv => "csv",
            Self::Python => "python",
            Self::Markdown => "markdown",
            Self::Json => "json",
            Self::Other => "other",
        }
    }
}
