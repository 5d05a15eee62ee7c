//! Whole workspaces in, facts out.
