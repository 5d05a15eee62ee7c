//! Every limit of reading entries, by name.

use std::time::Duration;

/// Items of one portion: what is stored at once.
pub const PORTION_ITEMS: usize = 5_000;

/// Most bytes of texts in one portion.
pub const PORTION_BYTES: usize = 16 * 1024 * 1024;

/// Most fields of a mapping.
pub const MAX_FIELDS: usize = 200;

/// Longest name of a field, in bytes.
pub const MAX_NAME_BYTES: usize = 200;

/// Most bytes of one row of a file, quoted line breaks included: a quote that is never closed must not
/// swallow the rest of the file.
pub const MAX_ROW_BYTES: usize = 1024 * 1024;

/// Most lines of one row.
pub const MAX_ROW_LINES: usize = 10_000;

/// Most columns of a file.
pub const MAX_COLUMNS: usize = 10_000;

/// Bytes at the beginning of a file that tell its encoding.
pub const SAMPLE_BYTES: usize = 64 * 1024;

/// What changed less than this before it was read may change again without getting another time stamp: that it is
/// unchanged is not believed.
pub const RACY_WINDOW: Duration = Duration::from_secs(2);

/// Longest path or address.
pub const MAX_IDENTIFIER_BYTES: usize = 2_000;

/// How long one request may take, its answer included.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);

/// How long connecting may take.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long an answer may stand still.
pub const READ_TIMEOUT: Duration = Duration::from_secs(30);

/// Most bytes of one answer, unpacked.
pub const MAX_ANSWER_BYTES: usize = 32 * 1024 * 1024;

/// Most bytes that may come out of one of a packed answer (security.md 12).
pub const MAX_RATIO: usize = 100;

/// So much may come out whatever went in: short answers of equal items pack well.
pub const ALWAYS_BYTES: usize = 1024 * 1024;

/// Most bytes of an answer that holds a token.
pub const MAX_TOKEN_BYTES: usize = 64 * 1024;

/// Most redirects of one request.
pub const MAX_REDIRECTS: usize = 5;

/// Pages that are read where nobody says how many.
pub const DEFAULT_MAX_PAGES: u64 = 10_000;

/// Pages of a source that is asked page by page whether it changed; one with more is read.
pub const MAX_REMEMBERED_PAGES: usize = 1_000;

/// Items of a page where nobody says how many.
pub const DEFAULT_PAGE_ITEMS: u64 = 100;

/// Longest pause that the other side may ask for within a run, once pages come; for more the run is given up
/// until then.
pub const MAX_PAUSE: Duration = Duration::from_secs(60);

/// Pauses for one page.
pub const MAX_PAUSES: u32 = 10;
