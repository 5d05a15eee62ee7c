//! Descriptions as their authors wrote them: paragraphs, lists, tables, emphasis and code of Markdown (dbt's
//! documentation is written in it) keep their form. Links, images and HTML are shown as text, as anywhere else
//! (security.md, statement 20).

use pulldown_cmark::{CodeBlockKind, CowStr, Event, LinkType, Options, Parser, Tag, TagEnd, TextMergeStream};

use super::{code_span, escape, longest_run};

/// Deeper lists and quotations are written at this depth.
const MAX_DEPTH: usize = 6;

/// A hard line break: the lines of a text in YAML are meant as lines.
const BREAK: &str = "  \n";

fn events(text: &str) -> impl Iterator<Item = Event<'_>> {
    TextMergeStream::new(Parser::new_ext(
        text,
        Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH,
    ))
}

/// The text as Markdown in which nothing is active.
pub(super) fn blocks(text: &str) -> String {
    let mut writer = Blocks::default();
    for event in events(text) {
        writer.take(event);
    }
    let end = writer.out.trim_end().len();
    writer.out.truncate(end);
    writer.out
}

/// The same on one line: the form of blocks is lost, that of words is not.
pub(super) fn line(text: &str) -> String {
    let mut inline = Inline::default();
    let mut out = String::new();
    for event in events(text) {
        match event {
            Event::Start(Tag::CodeBlock(_)) => inline.in_code = true,
            Event::End(TagEnd::CodeBlock) => inline.in_code = false,
            Event::Text(text) if inline.in_code => out.push_str(&escape(&text.replace('\n', " "))),
            Event::Start(Tag::Item | Tag::TableCell) => out.push_str(" · "),
            Event::SoftBreak | Event::HardBreak => out.push(' '),
            Event::End(
                TagEnd::Paragraph | TagEnd::Heading(_) | TagEnd::Item | TagEnd::TableCell | TagEnd::HtmlBlock,
            ) => out.push(' '),
            event => inline.take(event, &mut out),
        }
    }
    let words: Vec<&str> = out.split_whitespace().collect();
    let line = words.join(" ");
    line.strip_prefix("· ").map(str::to_owned).unwrap_or(line)
}

/// What stands within a line.
#[derive(Default)]
struct Inline<'t> {
    /// Where open links and images lead, and whether that was shown as their text already.
    targets: Vec<Option<CowStr<'t>>>,
    /// A heading is written in bold: bold in it is nothing else.
    in_heading: bool,
    in_code: bool,
}

impl<'t> Inline<'t> {
    fn take(&mut self, event: Event<'t>, out: &mut String) {
        match event {
            Event::Text(text) | Event::Html(text) | Event::InlineHtml(text) => out.push_str(&escape(&text)),
            Event::Code(text) if is_harmless(&text) => out.push_str(&code_span(&text)),
            Event::Code(text) => out.push_str(&escape(&format!("`{text}`"))),
            Event::Start(Tag::Emphasis) | Event::End(TagEnd::Emphasis) => out.push('*'),
            Event::Start(Tag::Strong) | Event::End(TagEnd::Strong) if !self.in_heading => out.push_str("**"),
            Event::Start(Tag::Strikethrough) | Event::End(TagEnd::Strikethrough) => out.push_str("~~"),
            Event::Start(Tag::Link {
                link_type, dest_url, ..
            }) => {
                let is_its_own_text = matches!(link_type, LinkType::Autolink | LinkType::Email);
                self.open((!is_its_own_text).then_some(dest_url), "[", out);
            }
            Event::Start(Tag::Image { dest_url, .. }) => self.open(Some(dest_url), "![", out),
            Event::End(TagEnd::Link | TagEnd::Image) => {
                if let Some(Some(target)) = self.targets.pop() {
                    out.push_str(&escape(&format!("]({target})")));
                }
            }
            _ => {}
        }
    }

    fn open(&mut self, target: Option<CowStr<'t>>, bracket: &str, out: &mut String) {
        if target.is_some() {
            out.push_str(&escape(bracket));
        }
        self.targets.push(target);
    }
}

/// Whether code may stand as it is: an editor that shows code as text could take nothing in it for a link or HTML.
fn is_harmless(code: &str) -> bool {
    let begins_tag = |c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?');
    !code.contains("](") && !code.split('<').skip(1).any(|after| after.starts_with(begins_tag))
}

#[derive(Default)]
struct Blocks<'t> {
    out: String,
    inline: Inline<'t>,
    /// What each line begins with, by the lists and quotations around it.
    around: Vec<&'static str>,
    /// The next number of each open list; `None`: it has none.
    lists: Vec<Option<u64>>,
    /// Code that is being read, with its language.
    code: Option<(String, String)>,
    /// Cells of the row that is being read.
    columns: usize,
    /// Whether the line that begins has its item's mark already.
    marked: bool,
}

impl<'t> Blocks<'t> {
    fn take(&mut self, event: Event<'t>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) | Event::Html(text) if self.code.is_some() => {
                if let Some((code, _)) = &mut self.code {
                    code.push_str(&text);
                }
            }
            Event::SoftBreak | Event::HardBreak => {
                self.out.push_str(BREAK);
                self.begin_line();
            }
            event => {
                self.marked = false;
                self.inline.take(event, &mut self.out);
            }
        }
    }

    fn start(&mut self, tag: Tag<'t>) {
        match tag {
            Tag::Paragraph => self.block(),
            Tag::Heading { .. } => {
                self.block();
                self.inline.in_heading = true;
                self.out.push_str("**");
            }
            Tag::BlockQuote(_) => {
                self.block();
                self.around.push("> ");
                self.trim_line();
                self.begin_line();
                self.marked = true;
            }
            Tag::CodeBlock(kind) => {
                let language = match kind {
                    CodeBlockKind::Fenced(language) => language.to_string(),
                    CodeBlockKind::Indented => String::new(),
                };
                self.code = Some((String::new(), language));
            }
            // read as code, so that its lines stay lines
            Tag::HtmlBlock => self.code = Some((String::new(), "html".to_owned())),
            Tag::List(number) => {
                if self.lists.is_empty() {
                    self.block();
                }
                self.lists.push(number);
            }
            Tag::Item => self.item(),
            Tag::Table(_) => self.block(),
            Tag::TableHead => self.columns = 0,
            Tag::TableRow => self.begin_line(),
            Tag::TableCell => {
                self.columns += 1;
                self.out.push_str("| ");
            }
            tag => {
                self.marked = false;
                self.inline.take(Event::Start(tag), &mut self.out);
            }
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Paragraph => self.out.push('\n'),
            TagEnd::Heading(_) => {
                self.inline.in_heading = false;
                self.out.push_str("**\n");
            }
            TagEnd::BlockQuote(_) => {
                self.around.pop();
                self.marked = false;
            }
            TagEnd::CodeBlock | TagEnd::HtmlBlock => {
                if let Some((code, language)) = self.code.take() {
                    self.code(&code, &language);
                }
            }
            TagEnd::List(_) => {
                self.lists.pop();
            }
            TagEnd::Item => {
                self.around.pop();
                if !self.out.ends_with('\n') {
                    self.out.push('\n');
                }
                self.marked = false;
            }
            TagEnd::TableCell => self.out.push(' '),
            TagEnd::TableHead => {
                self.out.push_str("|\n");
                self.begin_line();
                self.out.push_str(&"|---".repeat(self.columns));
                self.out.push_str("|\n");
            }
            TagEnd::TableRow => self.out.push_str("|\n"),
            tag => self.inline.take(Event::End(tag), &mut self.out),
        }
    }

    /// Begins a block, with an empty line between it and the one before.
    fn block(&mut self) {
        if std::mem::take(&mut self.marked) {
            return;
        }
        if !self.out.is_empty() {
            if !self.out.ends_with('\n') {
                self.out.push('\n');
            }
            self.out.push('\n');
        }
        self.begin_line();
    }

    fn begin_line(&mut self) {
        let around = self.around.iter().take(MAX_DEPTH);
        self.out.extend(around.copied());
    }

    /// Takes back what a line began with.
    fn trim_line(&mut self) {
        let line = self.out.rfind('\n').map_or(0, |at| at + 1);
        if self.out[line..].chars().all(|c| matches!(c, ' ' | '>')) {
            self.out.truncate(line);
        }
    }

    fn item(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with('\n') {
            self.trim_line();
            if !self.out.is_empty() && !self.out.ends_with('\n') {
                self.out.push('\n');
            }
        }
        self.begin_line();
        match self.lists.last_mut() {
            Some(Some(number)) => {
                self.out.push_str(&format!("{number}. "));
                *number = number.saturating_add(1);
            }
            _ => self.out.push_str("- "),
        }
        // wide enough below "10. ", narrow enough below "- "
        self.around.push("    ");
        self.marked = true;
    }

    fn code(&mut self, code: &str, language: &str) {
        self.block();
        let code = code.trim_end();
        if language == "html" || !is_harmless(code) {
            for (n, line) in code.lines().enumerate() {
                if n > 0 {
                    self.out.push_str(BREAK);
                    self.begin_line();
                }
                self.out.push_str(&escape(line));
            }
            self.out.push('\n');
            return;
        }
        let fence = "`".repeat(longest_run(code, '`').max(2) + 1);
        let is_name = !language.is_empty() && language.bytes().all(|b| b.is_ascii_alphanumeric());
        let language = if is_name { language } else { "" };
        self.out.push_str(&format!("{fence}{language}\n"));
        for line in code.lines() {
            self.begin_line();
            self.out.push_str(line);
            self.out.push('\n');
        }
        self.begin_line();
        self.out.push_str(&fence);
        self.out.push('\n');
    }
}
