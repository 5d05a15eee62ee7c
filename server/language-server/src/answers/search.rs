//! `metasync.search`.

use metasync_cache::{CacheError, Reader};
use metasync_protocol::editor::SearchAnswer;

/// Results without a limit of one's own.
pub const DEFAULT_LIMIT: usize = 50;
/// Most results.
pub const MAX_LIMIT: usize = 1_000;

/// Objects whose name, columns or description hold the text: each cache's best first, in turns.
pub fn search(readers: &[Reader], text: &str, limit: Option<usize>) -> Result<SearchAnswer, CacheError> {
    let limit = limit.unwrap_or(DEFAULT_LIMIT).clamp(1, MAX_LIMIT);
    let found = readers.iter().map(|reader| reader.search(text.trim(), limit));
    let mut found = found
        .collect::<Result<Vec<_>, _>>()?
        .into_iter()
        .map(Vec::into_iter)
        .collect::<Vec<_>>();
    let mut results = Vec::new();
    let mut seen = std::collections::HashSet::new();
    loop {
        let round: Vec<_> = found.iter_mut().filter_map(Iterator::next).collect();
        if round.is_empty() || results.len() >= limit {
            break;
        }
        // windows on one hub may hold the same objects
        results.extend(
            round
                .into_iter()
                .filter(|hit| seen.insert(hit.id))
                .map(Into::into),
        );
    }
    results.truncate(limit);
    Ok(SearchAnswer { results })
}
