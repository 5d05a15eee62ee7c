//! Why a sync runs: named, so that history and logs explain themselves.

use std::time::Duration;

/// Why a sync runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// Somebody asked for it.
    Command,
    /// The workspace was opened.
    Start,
    /// Settings or credentials changed.
    Settings,
    /// Files of the workspace changed.
    FileChange,
    /// The hub said that something changed.
    Push,
    /// The hub can be reached again.
    Reconnected,
    /// The time between two background syncs is over.
    Timer,
    /// The time after a failed sync is over.
    Retry,
}

impl Cause {
    /// The word in history and logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Cause::Command => "command",
            Cause::Start => "start",
            Cause::Settings => "settings",
            Cause::FileChange => "file_change",
            Cause::Push => "push",
            Cause::Reconnected => "reconnected",
            Cause::Timer => "timer",
            Cause::Retry => "retry",
        }
    }

    /// How long further rings are waited for: a `git checkout` touches many files, an index run
    /// moves a stream many times.
    pub fn settle(self) -> Duration {
        match self {
            Cause::FileChange => Duration::from_millis(250),
            Cause::Push => Duration::from_millis(50),
            _ => Duration::ZERO,
        }
    }

    /// Whether somebody waits and watches: only then is progress worth a notification even when
    /// nothing changed.
    pub fn is_asked_for(self) -> bool {
        matches!(self, Cause::Command)
    }
}
