//! Patterns of file names, as `fnmatch` and pytest read them.

/// Whether `text` fits a pattern with `*`, `?` and `[…]`, as Python's `fnmatch` has it; `*` crosses slashes.
pub fn fits(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    // Where the last star stands, and from where in the text it is tried.
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        let step = match pattern.get(p) {
            Some('*') => {
                star = Some((p, t));
                p += 1;
                continue;
            }
            Some('?') => Some(p + 1),
            Some('[') => match class(&pattern, p, text[t]) {
                Some((true, next)) => Some(next),
                Some((false, _)) => None,
                None => (text[t] == '[').then_some(p + 1),
            },
            Some(c) => (*c == text[t]).then_some(p + 1),
            None => None,
        };
        match (step, star) {
            (Some(next), _) => {
                p = next;
                t += 1;
            }
            (None, Some((at, from))) => {
                star = Some((at, from + 1));
                p = at + 1;
                t = from + 1;
            }
            (None, None) => return false,
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

/// Whether `c` is in the class at `at`, and where the pattern goes on; `None` for a bracket that is never closed.
fn class(pattern: &[char], at: usize, c: char) -> Option<(bool, usize)> {
    let mut next = at + 1;
    let negated = matches!(pattern.get(next), Some('!'));
    if negated {
        next += 1;
    }
    let start = next;
    let mut found = false;
    loop {
        let low = *pattern.get(next)?;
        if low == ']' && next > start {
            return Some((found != negated, next + 1));
        }
        if pattern.get(next + 1) == Some(&'-') && pattern.get(next + 2).is_some_and(|high| *high != ']') {
            let high = *pattern.get(next + 2)?;
            found |= low <= c && c <= high;
            next += 3;
        } else {
            found |= low == c;
            next += 1;
        }
    }
}

/// Whether a path fits a pattern of `python_files`: a pattern without a slash is one of the file's name.
pub(crate) fn path_fits(pattern: &str, path: &str) -> bool {
    if pattern.contains('/') {
        return fits(pattern, path) || fits(&format!("*/{pattern}"), path);
    }
    fits(pattern, path.rsplit('/').next().unwrap_or(path))
}

/// Whether a name fits one of `python_classes` or `python_functions`: a beginning, or a pattern.
pub(crate) fn name_fits(patterns: &[String], name: &str) -> bool {
    patterns.iter().any(|pattern| {
        name.starts_with(pattern.as_str()) || pattern.contains(['*', '?', '[']) && fits(pattern, name)
    })
}
