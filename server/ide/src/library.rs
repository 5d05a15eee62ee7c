//! The page about a file of the shared library that can't be opened yet: it says why, and what to do.

use crate::markup::{Format, Writer};

/// Why there is a page, and no file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing<'a> {
    /// It is on its way from the hub.
    Coming,
    /// The hub can't be reached.
    Offline,
    /// It is larger than what is kept beside a cache, in bytes.
    TooLarge(u64),
    /// It could not be fetched.
    Failed(&'a str),
    /// It came meanwhile, and opens at this address of ours.
    Here(&'a str),
}

/// The page as Markdown.
pub fn page(name: &str, missing: Missing<'_>) -> String {
    let mut w = Writer::new(Format::Markdown);
    w.words("The file ")
        .code(name)
        .words(" of the shared library belongs to an object of the catalogue.")
        .paragraph();
    match missing {
        Missing::Coming => {
            w.words("It is being fetched from the hub: hover over the object again in a moment.");
        }
        Missing::Offline => {
            w.words("It was never opened here, and the hub can't be reached now. Hover over the object again when it can.");
        }
        Missing::TooLarge(most) => {
            w.words(&format!(
                "It is larger than {} MiB, so it is not kept here. The hub has it: ",
                most / (1024 * 1024)
            ))
            .code("GET /api/v1/files/{id}/content")
            .words(".");
        }
        Missing::Failed(why) => {
            w.words("It could not be fetched from the hub: ")
                .line_of_text(why)
                .words(". Hover over the object again to try once more.");
        }
        Missing::Here(address) => {
            w.words("It is here now: ").link(name, address).words(".");
        }
    }
    w.finish().value + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_why_and_what_to_do_and_nothing_of_a_stranger_becomes_active() {
        let name = "a](command:x) `b`.pdf";
        let here = page(name, Missing::Here("file:///c/a (1).pdf"));
        assert!(here.contains("](file:///c/a%20%281%29.pdf)"), "{here}");
        assert!(page(name, Missing::Offline).contains("can't be reached"));
        assert!(page(name, Missing::TooLarge(64 << 20)).contains("64 MiB"));
        let failed = page(name, Missing::Failed("[x](command:y)"));
        assert!(failed.contains("\\[x\\]"), "{failed}");
    }
}
