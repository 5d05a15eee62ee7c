//! Names of branches: the rules of `git check-ref-format --branch`, checked before git sees them, so
//! that none can be taken for an option (security.md 14).

use crate::SourceError;

/// Most bytes of a branch name.
const MAX_BRANCH_BYTES: usize = 244;

/// Whether git accepts `name` as the name of a branch.
pub fn is_branch_name(name: &str) -> bool {
    let bad_char = |c: char| c.is_ascii_control() || " ~^:?*[\\".contains(c);
    let bad_part = |part: &str| part.is_empty() || part.starts_with('.') || part.ends_with(".lock");
    !name.is_empty()
        && name.len() <= MAX_BRANCH_BYTES
        && !name.starts_with('-')
        && name != "@"
        && name != "HEAD"
        && !name.ends_with('.')
        && !name.contains("..")
        && !name.contains("@{")
        && !name.contains(bad_char)
        && !name.split('/').any(bad_part)
}

pub(super) fn check_branch(name: &str) -> Result<(), SourceError> {
    if is_branch_name(name) {
        return Ok(());
    }
    Err(SourceError::Configuration(format!(
        "{name:?} is no name of a branch"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_passes_git_too_and_what_git_refuses_never_passes() {
        for good in ["main", "feature/x", "a.b", "ünï", "x@y", "release-1.0", "a{b"] {
            assert!(is_branch_name(good) && git_accepts(good), "{good:?}");
        }
        for bad in [
            "a..b", "a b", "a~1", "a^", "a:b", "a?", "a*", "a[", "a\\b", "/a", "a/", "a//b", ".a", "a/.b",
            "a.lock", "a.lock/b", "a.", "a@{1}", "", "\u{7f}", "a\nb",
        ] {
            assert!(!is_branch_name(bad) && !git_accepts(bad), "{bad:?}");
        }
        // Names that git takes for references, but that mean something else where branches stand.
        for stricter in ["--upload-pack=touch x", "-x", "@", "HEAD"] {
            assert!(!is_branch_name(stricter), "{stricter:?}");
        }
    }

    fn git_accepts(name: &str) -> bool {
        let git = std::process::Command::new("git")
            .args(["check-ref-format", &format!("refs/heads/{name}")])
            .output();
        git.unwrap().status.success()
    }
}
