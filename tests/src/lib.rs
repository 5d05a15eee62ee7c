//! What the stories share: the real binary, an editor that speaks the Language Server Protocol
//! over a real pipe, a real hub process, real git repositories. Each of them fails its test when
//! it leaves something behind.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::needless_pass_by_value,
    reason = "a harness fails its test by panicking, and is written to be called with json!(…)"
)]

mod apache;
pub mod binary;
pub mod editor;
pub mod faulty;
pub mod git_servers;
pub mod hub;
pub mod place;
pub mod postgres;
pub mod projects;
mod set_up;
pub mod webdav;

pub use binary::{metasync, run};
pub use editor::Editor;
pub use hub::Hub;
pub use place::Place;

use std::time::{Duration, Instant};

/// How long a story waits for something that must happen, unless it says otherwise. Generous: a
/// limit for a hang, no measurement.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Looks until `look` finds something; `None` when patience ends.
pub fn eventually<T>(patience: Duration, mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let started = Instant::now();
    loop {
        if let Some(found) = look() {
            return Some(found);
        }
        if started.elapsed() > patience {
            return None;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}
