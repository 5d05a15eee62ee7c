//! `metasync search`.

use metasync_language_server::answers;

use super::opened;
use crate::{
    arguments::SearchOptions,
    terminal::{self, Failure},
};

/// Characters of a description that are shown.
const SHOWN: usize = 80;

/// Objects whose name, columns or description hold the text.
pub fn run(options: &SearchOptions) -> Result<(), Failure> {
    let (_, reader) = opened::cache(&options.cache)?;
    let answer = answers::search::search(&[reader], &options.text, options.limit)?;
    if options.cache.json {
        return terminal::print_json(&answer);
    }
    if answer.results.is_empty() {
        return terminal::print(&format!("Nothing found for {:?}.", options.text));
    }
    let width = answer
        .results
        .iter()
        .map(|o| o.name.chars().count())
        .max()
        .unwrap_or(0)
        .min(50);
    let lines: Vec<String> = answer
        .results
        .iter()
        .map(|o| {
            let about: String = o
                .description
                .as_deref()
                .unwrap_or_default()
                .chars()
                .take(SHOWN)
                .collect();
            let about = about.split_whitespace().collect::<Vec<_>>().join(" ");
            format!("{:<width$}  {:<9} {about}", o.name, o.object_type)
                .trim_end()
                .to_owned()
        })
        .collect();
    terminal::print(&lines.join("\n"))
}
