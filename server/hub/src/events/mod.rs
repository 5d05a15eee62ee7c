//! The bells of one hub process. A bell carries no data that anybody relies on: who hears it looks
//! at the state again, and looks every now and then without it, too.

mod foreign;
mod heads;
mod runs;

pub(crate) use foreign::ring_for_others;
pub use heads::{HeadBell, HeadListener};
pub use runs::RunBell;

/// All bells of a hub.
#[derive(Default)]
pub struct Bells {
    /// Rung when streams of an organization moved.
    pub heads: HeadBell,
    /// Rung when a run is queued, progresses or ends.
    pub runs: RunBell,
    /// Rung when another node told something of a library.
    pub library: tokio::sync::Notify,
}
