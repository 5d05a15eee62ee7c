//! Which workspace is open, and where its state lives on this machine.

pub mod detect;
pub mod identity;
pub mod places;
pub mod stems;

pub use detect::{Found, detect};
pub use identity::Identity;
pub use places::Places;
pub use stems::Stems;
