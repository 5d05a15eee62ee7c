//! Nothing panics, whatever is typed.
