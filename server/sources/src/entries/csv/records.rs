//! Rows of a CSV file: lines that belong together by their quotes, cut into fields. A quote that is never
//! closed costs its own line only.

use std::{borrow::Cow, collections::VecDeque};

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

use super::super::{
    EntryError,
    files::{Line, Lines},
    limits::{MAX_COLUMNS, MAX_ROW_BYTES, MAX_ROW_LINES},
};

/// Fields that there is room for at first.
const FIRST_FIELDS: usize = 32;

/// What stands at a place of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// A row; its fields are in [`Records::text`].
    Row,
    /// A line that opens a quote which is not closed.
    Unclosed,
    /// A line that is longer than a row may be.
    TooLong,
}

/// Where a scan for quotes stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    FieldStart,
    Field,
    Quoted,
    /// Behind a quote within quotes: the end of them, or half of a quote that is meant.
    QuoteInQuoted,
}

/// A scan of a row for quotes.
struct Scan {
    at: At,
    /// Whether something stands between the end of quotes and the end of the field.
    is_odd: bool,
}

/// Reads rows.
pub(super) struct Records {
    pub(super) lines: Lines,
    delimiter: u8,
    quote: Option<u8>,
    parser: Reader,
    line: Line,
    /// Lines that were read and are to be read again.
    waiting: VecDeque<Line>,
    /// Lines of this row after its first.
    more: Vec<Line>,
    row: Vec<u8>,
    fields: Vec<u8>,
    ends: Vec<usize>,
    count: usize,
    last: u64,
}

impl Records {
    pub(super) fn new(lines: Lines, delimiter: u8, quote: Option<u8>) -> Records {
        let mut builder = ReaderBuilder::new();
        builder.delimiter(delimiter).quoting(quote.is_some());
        if let Some(quote) = quote {
            builder.quote(quote);
        }
        Records {
            lines,
            delimiter,
            quote,
            parser: builder.build(),
            line: Line::default(),
            waiting: VecDeque::new(),
            more: Vec::new(),
            row: Vec::new(),
            fields: vec![0; 1024],
            ends: vec![0; FIRST_FIELDS],
            count: 0,
            last: 0,
        }
    }

    /// The next row that is not blank, with the number of its first line. `columns`: how many fields it should
    /// have, where that is known.
    pub(super) fn next(&mut self, columns: Option<usize>) -> Result<Option<(u64, Found)>, EntryError> {
        loop {
            self.more.clear();
            if !self.take()? {
                return Ok(None);
            }
            let first = self.line.number;
            if self.line.is_cut {
                return Ok(Some((first, Found::TooLong)));
            }
            std::mem::swap(&mut self.row, &mut self.line.bytes);
            let mut scan = Scan {
                at: At::FieldStart,
                is_odd: false,
            };
            if self.leaves_open(&mut scan, None) && !self.join(&mut scan)? {
                return Ok(Some((first, Found::Unclosed)));
            }
            if self.row.iter().all(u8::is_ascii_whitespace) && !self.row.contains(&self.delimiter) {
                continue;
            }
            self.count = self.cut();
            if columns.is_some_and(|columns| self.swallowed_rows(columns, scan.is_odd)) {
                self.give_back();
                return Ok(Some((first, Found::Unclosed)));
            }
            return Ok(Some((first, Found::Row)));
        }
    }

    /// How many fields the row has.
    pub(super) fn len(&self) -> usize {
        self.count
    }

    /// A field of the row as text; `None`: it is none in the file's encoding.
    pub(super) fn text(&mut self, at: usize) -> Option<Cow<'_, str>> {
        let start = match at {
            0 => 0,
            _ => self.ends[at - 1],
        };
        self.lines.text(&self.fields[start..self.ends[at]])
    }

    /// The last line that is done with.
    pub(super) fn line(&self) -> u64 {
        self.last
    }

    /// Notes that the row is done with.
    pub(super) fn done(&mut self) {
        self.last = match (self.waiting.front(), self.more.last()) {
            (Some(line), _) => line.number.saturating_sub(1),
            (None, Some(line)) => line.number,
            (None, None) => self.line.number,
        };
    }

    fn take(&mut self) -> Result<bool, EntryError> {
        if let Some(line) = self.waiting.pop_front() {
            self.line = line;
            return Ok(true);
        }
        self.lines.next(&mut self.line)
    }

    /// Adds lines until the quotes are closed; `false`, with all lines but the first given back: they are not.
    fn join(&mut self, scan: &mut Scan) -> Result<bool, EntryError> {
        loop {
            let is_full = self.row.len() > MAX_ROW_BYTES || self.more.len() >= MAX_ROW_LINES;
            let first = self.line.number;
            if is_full || !self.take()? {
                self.line.number = first;
                self.give_back();
                return Ok(false);
            }
            let line = std::mem::take(&mut self.line);
            self.line.number = line.number;
            let is_cut = line.is_cut;
            self.more.push(line);
            if is_cut {
                self.give_back();
                return Ok(false);
            }
            let open = self.leaves_open(scan, self.more.len().checked_sub(1));
            if let Some(line) = self.more.last() {
                self.row.extend_from_slice(&line.bytes);
            }
            if !open {
                return Ok(true);
            }
        }
    }

    /// The lines after the first are rows of their own.
    fn give_back(&mut self) {
        while let Some(line) = self.more.pop() {
            self.waiting.push_front(line);
        }
    }

    /// Whether quotes are open at the end of the row's first line, or of one of the others.
    fn leaves_open(&self, scan: &mut Scan, more: Option<usize>) -> bool {
        let Some(quote) = self.quote else { return false };
        let bytes = match more {
            None => &self.row,
            Some(number) => &self.more[number].bytes,
        };
        let is_open = scan.at == At::Quoted;
        if memchr::memchr(quote, bytes).is_none() {
            return is_open;
        }
        for byte in bytes {
            scan.is_odd |=
                scan.at == At::QuoteInQuoted && ![quote, self.delimiter, b'\r', b'\n'].contains(byte);
            scan.at = match scan.at {
                At::FieldStart if *byte == quote => At::Quoted,
                At::Quoted if *byte == quote => At::QuoteInQuoted,
                At::QuoteInQuoted if *byte == quote => At::Quoted,
                At::Quoted => At::Quoted,
                _ if *byte == self.delimiter => At::FieldStart,
                _ => At::Field,
            };
        }
        scan.at == At::Quoted
    }

    /// Whether a quote that was not closed took rows with it: the row has too many fields, or letters behind the end
    /// of a quote, and its second line alone has as many fields as a row must have.
    fn swallowed_rows(&mut self, columns: usize, is_odd: bool) -> bool {
        if self.count <= columns && !is_odd {
            return false;
        }
        let Some(second) = self.more.first() else {
            return false;
        };
        let mut second = second.bytes.clone();
        std::mem::swap(&mut self.row, &mut second);
        let alone = self.cut();
        std::mem::swap(&mut self.row, &mut second);
        self.count = self.cut();
        alone == columns
    }

    /// Cuts the row into fields; gives how many.
    fn cut(&mut self) -> usize {
        let mut end = self.row.len();
        while end > 0 && matches!(self.row[end - 1], b'\n' | b'\r') {
            end -= 1;
        }
        let mut input = &self.row[..end];
        let (mut written, mut ended) = (0, 0);
        self.parser.reset();
        loop {
            let (result, read, out, ends) =
                self.parser
                    .read_record(input, &mut self.fields[written..], &mut self.ends[ended..]);
            input = &input[read..];
            written += out;
            ended += ends;
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull => self.fields.resize(self.fields.len() * 2, 0),
                ReadRecordResult::OutputEndsFull if ended > MAX_COLUMNS => return ended,
                ReadRecordResult::OutputEndsFull => self.ends.resize(self.ends.len() * 2, 0),
                ReadRecordResult::Record | ReadRecordResult::End => return ended,
            }
        }
    }
}
