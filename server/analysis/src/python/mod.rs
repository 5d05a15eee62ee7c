//! Python tests as pytest would collect them, found without importing anything.

pub(crate) mod collect;
pub(crate) mod config;
mod expression;
pub(crate) mod imports;
pub(crate) mod ini;
pub(crate) mod literal;
pub(crate) mod module;
pub(crate) mod names;
pub(crate) mod patterns;
mod read;

pub(crate) use module::Module;
pub use patterns::fits as glob_fits;
pub(crate) use read::read;
