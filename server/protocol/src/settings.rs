//! Settings of the language server: `initializationOptions` and the configuration section
//! `metasync` (contract.md, "The language server").

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// All settings. Unknown members are ignored: editors send what they have.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
pub struct Settings {
    /// Which hub; none means local mode.
    pub hub: HubSettings,
    /// Bearer token; editors keep it in their secret storage and send it here.
    pub token: Option<String>,
    /// The background sync.
    pub auto_sync: AutoSync,
    /// Names or ids of the connections to use; empty means: by the workspace's match.
    pub connections: Vec<String>,
    /// The embedded hub over the workspace itself.
    pub local: LocalSettings,
    /// What is told about the text.
    pub diagnostics: DiagnosticSettings,
    /// What is shown between the letters.
    pub inlay_hints: InlayHintSettings,
    /// What is shown above objects.
    pub code_lens: CodeLensSettings,
    /// Entries of external sources.
    pub content: ContentSettings,
    /// What the server answers at all.
    pub features: FeatureSettings,
}

/// What the server answers at all.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
pub struct FeatureSettings {
    /// Names of features that are switched off, as where another extension brings the same: `hover`, `completion`,
    /// `signatureHelp`, `definition`, `references`, `documentHighlight`, `documentSymbol`, `workspaceSymbol`, `rename`,
    /// `codeAction`, `codeLens`, `documentLink`, `foldingRange`, `inlayHint`, `semanticTokens`, `callHierarchy`.
    pub disabled: Vec<String>,
}

/// Entries of external sources.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
pub struct ContentSettings {
    /// Whether a text that equals an entry's title or external id shows the entry.
    pub hover: bool,
    /// Whether titles are offered between quotes.
    pub completion: bool,
    /// Whether the organization's sources come with the workspace's connections.
    pub sources: bool,
}

impl Default for ContentSettings {
    fn default() -> ContentSettings {
        ContentSettings {
            hover: true,
            completion: false,
            sources: true,
        }
    }
}

/// What is told about the text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
pub struct DiagnosticSettings {
    /// Whether anything is.
    pub enabled: bool,
    /// Codes that are not told: `syntax`, `unknown-model`, `unknown-source`, `unknown-column`, `ambiguous-column`,
    /// `missing-description`, `undeclared-column`, `breaking-change`.
    pub disabled: Vec<String>,
}

impl Default for DiagnosticSettings {
    fn default() -> DiagnosticSettings {
        DiagnosticSettings {
            enabled: true,
            disabled: Vec::new(),
        }
    }
}

/// What is shown between the letters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
pub struct InlayHintSettings {
    /// Types of the columns that a model makes.
    pub column_types: bool,
    /// The columns behind a `*`.
    pub stars: bool,
}

impl Default for InlayHintSettings {
    fn default() -> InlayHintSettings {
        InlayHintSettings {
            column_types: true,
            stars: true,
        }
    }
}

/// What is shown above objects.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
pub struct CodeLensSettings {
    /// How much an object is built from, and how much uses it.
    pub lineage: bool,
}

impl Default for CodeLensSettings {
    fn default() -> CodeLensSettings {
        CodeLensSettings { lineage: true }
    }
}

/// Which hub.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
pub struct HubSettings {
    /// Such as `https://metadata.example.com`; or a WebDAV folder with a published catalogue, such as
    /// `davs://ann@cloud.example.com/catalogues/sales`, where the token is the password.
    pub url: Option<String>,
    /// Id or name; may be left out where the user belongs to one only.
    pub organization: Option<String>,
}

/// The background sync.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
pub struct AutoSync {
    /// Whether it runs at all.
    pub enabled: bool,
    /// Minutes between two syncs, spread by ± 20 %.
    pub interval_minutes: f64,
}

/// Minutes between two syncs where nothing is configured (sync-protocol.md, "Push").
pub const DEFAULT_INTERVAL_MINUTES: f64 = 5.0;

impl Default for AutoSync {
    fn default() -> AutoSync {
        AutoSync {
            enabled: true,
            interval_minutes: DEFAULT_INTERVAL_MINUTES,
        }
    }
}

/// Local mode.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
pub struct LocalSettings {
    /// Whether the workspace itself is indexed where no hub is configured.
    pub enabled: bool,
}

impl Default for LocalSettings {
    fn default() -> LocalSettings {
        LocalSettings { enabled: true }
    }
}
