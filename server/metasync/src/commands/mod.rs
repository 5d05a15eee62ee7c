//! One module per command.

pub mod analyze;
mod bundle;
pub mod doctor;
pub mod history;
pub mod hub;
pub mod lineage;
pub mod lsp;
pub mod opened;
pub mod publish;
pub mod search;
pub mod show;
pub mod status;
pub mod sync;
pub mod token;
pub mod try_out;
