//! Releases and their tests (seed 000): the syncs that there were, the tests as they are stored, and the
//! tickets with which a browser follows one.

mod syncs;
mod tests_of;
mod tickets;

pub use syncs::ReleaseSync;
pub use tests_of::LiveTest;
