//! dbt's Jinja, as far as SQL files use it: its tags, the calls in them, masking, and rendering.

pub(crate) mod blocks;
mod bounds;
pub(crate) mod calls;
pub(crate) mod lex;
mod list;
pub(crate) mod mask;
mod objects;
mod prepare;
pub(crate) mod render;
mod returns;
pub(crate) mod written;
