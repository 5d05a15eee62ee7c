//! One SQLite in the whole program: rusqlite and sqlx link the same C library, and two versions of
//! its binding do not link at all, or worse, do.

use super::Finding;

/// The binding that both share.
const BINDING: &str = "libsqlite3-sys";

pub fn check(lock: &str) -> Vec<Finding> {
    let wanted = format!("name = \"{BINDING}\"");
    let count = lock.lines().filter(|l| l.trim() == wanted).count();
    if count == 1 {
        return Vec::new();
    }
    let message =
        format!("holds {BINDING} {count} times instead of once: pin rusqlite and sqlx to a pair that agrees");
    vec![Finding::error("Cargo.lock", message)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_binding_is_right_two_or_none_are_wrong() {
        let one = "[[package]]\nname = \"libsqlite3-sys\"\nversion = \"0.37.0\"\n";
        assert!(check(one).is_empty());
        assert_eq!(check(&one.repeat(2)).len(), 1);
        assert_eq!(check("").len(), 1);
    }
}
