//! Whose rows a transaction may touch. On PostgreSQL row-level security holds every statement to it,
//! whatever its text says (security.md, 7); SQLite has nothing of the kind, there the text alone does.

use uuid::Uuid;

/// Whose rows a transaction may touch. Each one but [`Scope::Org`] opens what its policies in
/// `schemas/hub/postgres/` name, and nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// The rows of one organization.
    Org(Uuid),
    /// Who there is: organizations and members of all. For sign-in, and for the configuration.
    Directory,
    /// Runs and their events of all organizations. For the run engine, and for the operator, who sees all releases.
    Runner,
    /// Heads of the streams of all organizations, to be read. For bells that ring across nodes.
    Watcher,
    /// The hub's own tables only, which hold nothing of any organization.
    Hub,
}

impl Scope {
    /// The statement that opens it until the transaction's end. It is sent together with `BEGIN`,
    /// and holds words of ours and a UUID only.
    pub(super) fn statement(self) -> String {
        let (setting, value) = match self {
            Scope::Org(org) => ("metasync.org_id", org.to_string()),
            Scope::Directory => ("metasync.role", "directory".to_owned()),
            Scope::Runner => ("metasync.role", "runner".to_owned()),
            Scope::Watcher => ("metasync.role", "watcher".to_owned()),
            Scope::Hub => return String::new(),
        };
        format!("SELECT set_config('{setting}', '{value}', true)")
    }
}
