//! What stands under the cursor, as a question to the catalogue.

use metasync_analysis::{Language, Options, Span, Symbol, symbol_at};

/// A symbol and the place of its name in the text.
pub type Question = Symbol;

/// The question at a byte offset; `None` on white space, keywords, literals, and beyond the text.
pub fn ask(path: &str, text: &str, offset: usize, options: &Options) -> Option<Question> {
    if offset > text.len() || !text.is_char_boundary(offset) {
        return None;
    }
    let symbol = symbol_at(Language::of_path(path), path, text, offset, options)?;
    let Span { start, end } = symbol.span;
    // a name that does not cover the cursor is no answer to "what is here?"
    (start <= offset && offset <= end && end <= text.len()).then_some(symbol)
}
