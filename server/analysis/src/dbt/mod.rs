//! dbt projects: what their files define, without dbt.

pub(crate) mod artifacts;
pub(crate) mod docs;
pub(crate) mod files;
pub(crate) mod manifest;
pub(crate) mod metadata;
pub(crate) mod project;
pub(crate) mod properties;
pub(crate) mod seed;
