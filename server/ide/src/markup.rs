//! Text for people, as Markdown or as plain text, that shows whatever a name or a description
//! holds *as text*: no link, image or HTML of a stranger ever becomes active
//! (security.md, statement 20).

mod prose;
#[cfg(test)]
mod tests;

/// What the editor can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// CommonMark.
    Markdown,
    /// No markup at all.
    Plain,
}

/// Rendered text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Markup {
    /// How it is written.
    pub format: Format,
    /// The text.
    pub value: String,
}

/// Longest text of one description or documentation field in a hover, in characters.
pub const MAX_TEXT: usize = 4_000;

/// Builds markup piece by piece; each method escapes what it is given.
pub struct Writer {
    format: Format,
    out: String,
}

impl Writer {
    /// An empty text.
    pub fn new(format: Format) -> Writer {
        Writer {
            format,
            out: String::with_capacity(1024),
        }
    }

    fn markdown(&self) -> bool {
        self.format == Format::Markdown
    }

    /// A name, as code.
    pub fn code(&mut self, name: &str) -> &mut Writer {
        let name: String = name
            .chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect();
        if self.markdown() {
            self.out.push_str(&code_span(&name));
        } else {
            self.out.push_str(&name);
        }
        self
    }

    /// A name that leads to an address of ours (never a stranger's). Without markup it is the name alone.
    pub fn link(&mut self, name: &str, address: &str) -> &mut Writer {
        if !self.markdown() {
            return self.code(name);
        }
        self.out.push('[');
        self.code(name);
        // what could end the address early is a letter of it
        let address = address
            .replace('(', "%28")
            .replace(')', "%29")
            .replace('<', "%3C")
            .replace('>', "%3E")
            .replace(' ', "%20");
        self.out.push_str(&format!("]({address})"));
        self
    }

    /// A name, as code and bold: the headline of a hover.
    pub fn headline(&mut self, name: &str) -> &mut Writer {
        self.strong_marker();
        self.code(name);
        self.strong_marker();
        self
    }

    fn strong_marker(&mut self) {
        if self.markdown() {
            self.out.push_str("**");
        }
    }

    /// Our own words, in bold.
    pub fn label(&mut self, words: &str) -> &mut Writer {
        self.strong_marker();
        self.out.push_str(words);
        self.strong_marker();
        self
    }

    /// Our own words, as they are.
    pub fn words(&mut self, words: &str) -> &mut Writer {
        self.out.push_str(words);
        self
    }

    /// Somebody's text on one line.
    pub fn line_of_text(&mut self, text: &str) -> &mut Writer {
        let line = clip(text).split_whitespace().collect::<Vec<_>>().join(" ");
        if self.markdown() {
            self.out.push_str(&escape(&line));
        } else {
            self.out.push_str(&plain(&line));
        }
        self
    }

    /// Somebody's description on one line: emphasis and code as they were meant.
    pub fn line_of_prose(&mut self, text: &str) -> &mut Writer {
        if !self.markdown() {
            return self.line_of_text(text);
        }
        self.out.push_str(&prose::line(&clip(text)));
        self
    }

    /// Somebody's description, with its lines, lists, tables and emphasis.
    pub fn prose(&mut self, text: &str) -> &mut Writer {
        let text = clip(text.trim());
        if self.markdown() {
            self.out.push_str(&prose::blocks(&text));
            return self;
        }
        for (i, line) in text.lines().enumerate() {
            if i > 0 {
                self.out.push('\n');
            }
            self.out.push_str(&plain(line.trim_end()));
        }
        self
    }

    /// Begins a new line within a paragraph.
    pub fn line_break(&mut self) -> &mut Writer {
        if !self.out.is_empty() && !self.out.ends_with('\n') {
            // two spaces: a hard line break
            self.out.push_str(if self.markdown() { "  \n" } else { "\n" });
        }
        self
    }

    /// Ends a paragraph.
    pub fn paragraph(&mut self) -> &mut Writer {
        while self.out.ends_with('\n') {
            self.out.pop();
        }
        if !self.out.is_empty() {
            self.out.push_str("\n\n");
        }
        self
    }

    /// Begins an item of a list.
    pub fn item(&mut self) -> &mut Writer {
        if !self.out.is_empty() && !self.out.ends_with('\n') {
            self.out.push('\n');
        }
        self.out.push_str("- ");
        self
    }

    /// A line across.
    pub fn rule(&mut self) -> &mut Writer {
        self.paragraph();
        if self.markdown() {
            self.out.push_str("---\n\n");
        }
        self
    }

    /// The finished text.
    pub fn finish(mut self) -> Markup {
        while self.out.ends_with(['\n', ' ']) {
            self.out.pop();
        }
        Markup {
            format: self.format,
            value: self.out,
        }
    }
}

/// A name or code as Markdown has it.
fn code_span(code: &str) -> String {
    let fence = "`".repeat(longest_run(code, '`') + 1);
    let needs_room = code.starts_with('`') || code.ends_with('`') || code.trim().is_empty();
    let pad = if needs_room { " " } else { "" };
    format!("{fence}{pad}{code}{pad}{fence}")
}

fn longest_run(text: &str, wanted: char) -> usize {
    let (mut longest, mut run) = (0, 0);
    for c in text.chars() {
        run = if c == wanted { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    longest
}

fn clip(text: &str) -> String {
    match text.char_indices().nth(MAX_TEXT) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

fn plain(line: &str) -> String {
    line.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

/// Escapes whatever Markdown would act upon. An underscore or tilde inside a word is left alone:
/// it means nothing there, and names stay readable in editors that show the source.
fn escape(line: &str) -> String {
    let chars: Vec<char> = line.chars().collect();
    let mut out = String::with_capacity(line.len() + 8);
    let first = chars.iter().position(|c| !c.is_whitespace()).unwrap_or(0);
    for (i, &c) in chars.iter().enumerate() {
        let word = |at: Option<&char>| at.is_some_and(|c| c.is_alphanumeric());
        let inside_word = i > 0 && word(chars.get(i - 1)) && word(chars.get(i + 1));
        let active = match c {
            '\\' | '`' | '*' | '[' | ']' | '<' | '>' | '|' | '&' | '$' => true,
            '_' | '~' => !inside_word,
            '!' => chars.get(i + 1) == Some(&'['),
            '#' | '+' | '=' => i == first,
            '-' => i == first && !word(chars.get(i + 1)),
            '.' | ')' => i > first && chars[first..i].iter().all(char::is_ascii_digit),
            // "https://…" and "www.…" turn into links by themselves in some editors
            ':' => chars.get(i + 1) == Some(&'/') && chars.get(i + 2) == Some(&'/'),
            _ => false,
        };
        if c == ':' && active {
            out.push_str("&#58;");
            continue;
        }
        if active {
            out.push('\\');
        }
        out.push(if c.is_control() { ' ' } else { c });
    }
    out
}
