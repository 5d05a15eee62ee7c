//! What may be completed at `$0`.
