//! `ignore_patterns` of a run (seed 004): gitignore patterns, matched against paths from the root.

use ignore::gitignore::{Gitignore, GitignoreBuilder};

use crate::SourceError;

/// Compiled patterns.
pub(crate) struct Ignored(Option<Gitignore>);

impl Ignored {
    pub(crate) fn new(patterns: &[String]) -> Result<Ignored, SourceError> {
        if patterns.is_empty() {
            return Ok(Ignored(None));
        }
        let bad = |pattern: &str, e: ignore::Error| {
            SourceError::Configuration(format!("ignore pattern {pattern:?} can't be used: {e}"))
        };
        let mut builder = GitignoreBuilder::new("");
        for pattern in patterns {
            builder.add_line(None, pattern).map_err(|e| bad(pattern, e))?;
        }
        let built = builder.build().map_err(|e| bad(&patterns.join(" "), e))?;
        Ok(Ignored(Some(built)))
    }

    /// Whether a file, or a folder above it, is ignored.
    pub(crate) fn matches(&self, path: &str) -> bool {
        // The matcher accepts relative paths only; git and the walk give no others.
        self.0.as_ref().is_some_and(|patterns| {
            !path.starts_with('/') && patterns.matched_path_or_any_parents(path, false).is_ignore()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_those_of_gitignore() {
        let ignored = Ignored::new(&["*_tmp.sql".into(), "ign/**".into(), "!keep_tmp.sql".into()]).unwrap();
        for (path, expected) in [
            ("x_tmp.sql", true),
            ("sub/deep/y_tmp.sql", true),
            ("ign/more/w.sql", true),
            ("sub/keep_tmp.sql", false),
            ("kept.sql", false),
            ("/absolute_tmp.sql", false),
        ] {
            assert_eq!(ignored.matches(path), expected, "{path}");
        }
        assert!(Ignored::new(&["[z-a]".into()]).is_err());
    }
}
