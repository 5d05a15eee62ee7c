//! What descriptions look like, and that nothing in them is active.

use pulldown_cmark::{Event, Options, Parser, Tag};

use super::*;

fn markdown(text: &str) -> String {
    let mut w = Writer::new(Format::Markdown);
    w.prose(text);
    w.finish().value
}

#[test]
fn ordinary_sentences_stay_as_they_are() {
    for text in [
        "One row per customer, cleaned and renamed.",
        "number_of_orders is never negative",
        "Zürich - 3.5 % (net)",
    ] {
        assert_eq!(markdown(text), text);
    }
}

#[test]
fn nothing_of_a_stranger_becomes_active() {
    for (text, shown) in [
        ("[x](command:evil)", r"\[x\](command:evil)"),
        ("![](https://x/y.png)", r"\!\[\](https&#58;//x/y.png)"),
        ("<img src=x>", r"\<img src=x\>"),
        ("a <b onclick=x>b</b>", r"a \<b onclick=x\>b\</b\>"),
        (
            "<div>\n[x](command:y)\n</div>",
            "\\<div\\>  \n\\[x\\](command:y)  \n\\</div\\>",
        ),
        ("<https://x.y>", "https&#58;//x.y"),
        ("[x][1]\n\n[1]: command:evil", r"\[x\](command:evil)"),
        ("`[x](command:y)`", r"\`\[x\](command:y)\`"),
        ("```\n<img src=x>", r"\<img src=x\>"),
        ("&lt;img src=x>", r"\<img src=x\>"),
        ("&#91;x](command:y)", r"\[x\](command:y)"),
    ] {
        assert_eq!(markdown(text), shown);
    }
}

#[test]
fn what_an_author_wrote_keeps_its_form() {
    for (text, shown) in [
        ("`rm` **b** *c* ~~d~~", "`rm` **b** *c* ~~d~~"),
        ("one\ntwo", "one  \ntwo"),
        ("one\n\ntwo", "one\n\ntwo"),
        ("# big\nsmall", "**big**\n\nsmall"),
        ("1. one\n2. two", "1. one\n2. two"),
        (
            "a\n- b\n  - c\n  - d\n- e\n\nf",
            "a\n\n- b\n    - c\n    - d\n- e\n\nf",
        ),
        ("- b\n\n  c\n- d", "- b\n\n    c\n- d"),
        (
            "- a\n  ```sql\n  select 1\n  ```",
            "- a\n\n    ```sql\n    select 1\n    ```",
        ),
        (
            "|a|b|\n|-|-|\n|1|x \\| y|",
            "| a | b |\n|---|---|\n| 1 | x \\| y |",
        ),
        ("> a\n> - b", "> a\n\n> - b"),
        ("```sql\nselect a < b\n```", "```sql\nselect a < b\n```"),
        ("a\n\n    select 1\n    from x", "a\n\n```\nselect 1\nfrom x\n```"),
        ("a &amp; b < c", r"a \& b \< c"),
    ] {
        assert_eq!(markdown(text), shown);
    }
}

#[test]
fn a_line_keeps_the_form_of_its_words() {
    for (text, shown) in [
        ("by `card`,\nin **cash**", "by `card`, in **cash**"),
        ("# a\n- b\n- c", "a · b · c"),
        ("[x](https://y)", r"\[x\](https&#58;//y)"),
        ("- a", "a"),
    ] {
        let mut w = Writer::new(Format::Markdown);
        w.line_of_prose(text);
        assert_eq!(w.finish().value, shown);
    }
}

#[test]
fn a_name_cannot_break_out_of_its_code_span() {
    let mut w = Writer::new(Format::Markdown);
    w.code("a``b`");
    assert_eq!(w.finish().value, "``` a``b` ```");
    let mut w = Writer::new(Format::Markdown);
    w.code("a\n\n[x](command:y)");
    assert_eq!(w.finish().value, "`a  [x](command:y)`");
}

/// Pieces of which something active could be made.
const PIECES: &[&str] = &[
    "[",
    "](",
    "]",
    ")",
    "command:x",
    "x",
    " ",
    "<img src=x>",
    "<a href=x>",
    "</a>",
    "<!--",
    "`",
    "``",
    "```\n",
    "~~~\n",
    "\n",
    "\n\n",
    "- ",
    "> ",
    "1. ",
    "|",
    "|a|b|\n|-|-|\n",
    "    ",
    "*",
    "**",
    "_",
    "~~",
    "&lt;",
    "&#91;",
    "!",
    "\\",
    "http://a.b",
    "www.a.b",
    "[1]: command:x\n",
    "# ",
    "---\n",
    "\t",
    "\u{e4}",
];

#[test]
fn no_text_makes_anything_active() {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut below = |n: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % n as u64) as usize
    };
    let is_active = |text: &str| {
        Parser::new_ext(text, Options::all()).any(|event| {
            matches!(
                event,
                Event::Start(Tag::Link { .. } | Tag::Image { .. } | Tag::HtmlBlock)
                    | Event::Html(_)
                    | Event::InlineHtml(_)
            )
        })
    };
    let mut active = 0;
    for _ in 0..20_000 {
        let text: String = (0..1 + below(14)).map(|_| PIECES[below(PIECES.len())]).collect();
        active += usize::from(is_active(&text));
        let mut line = Writer::new(Format::Markdown);
        line.line_of_prose(&text);
        for shown in [markdown(&text), line.finish().value] {
            assert!(!is_active(&shown), "{text:?} is shown as {shown:?}");
        }
    }
    assert!(active > 1_000, "only {active} texts had anything active");
}
