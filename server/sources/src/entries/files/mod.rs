//! Files of rows: found below the configured roots, read as text line by line.

mod encoding;
mod lines;
mod place;
mod unchanged;

pub(super) use lines::{Line, Lines};
pub(super) use place::{located, open};
pub(super) use unchanged::{Mark, mark};
