//! What may be folded: statements, CTEs, macros and other blocks, entries of YAML.

use metasync_analysis::{Language, Options, OutlineItem, Span, outline};

use crate::file::File;

/// The parts of a file that fold, outer ones first.
pub fn folds(file: &File<'_>) -> Vec<Span> {
    let items = outline(
        Language::of_path(file.path),
        file.path,
        file.text,
        &Options::default(),
    );
    let mut found = Vec::new();
    collect(&items, file.text, &mut found);
    found.sort_by_key(|span| (span.start, std::cmp::Reverse(span.end)));
    found.dedup();
    found
}

fn collect(items: &[OutlineItem], text: &str, found: &mut Vec<Span>) {
    for item in items {
        let written = text.get(item.range.start..item.range.end).unwrap_or_default();
        if written.trim_end().contains('\n') {
            let end = item.range.start + written.trim_end().len();
            found.push(Span::new(item.range.start, end));
        }
        collect(&item.children, text, found);
    }
}
