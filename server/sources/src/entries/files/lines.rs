//! The lines of a file as UTF-8, with their true numbers, in constant memory.

use std::{
    borrow::Cow,
    fs::File,
    io::{BufRead, BufReader, Cursor, Read},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use encoding_rs::WINDOWS_1252;
use encoding_rs_io::DecodeReaderBytesBuilder;

use super::{
    super::{
        EntryError, ErrorKind,
        limits::{MAX_ROW_BYTES, SAMPLE_BYTES},
    },
    encoding::{self, Decoding},
};

/// Bytes that are read at once.
const BUFFER_BYTES: usize = 256 * 1024;

/// Of a text at most one byte in so many is NUL.
const MOST_NOTHING: usize = 20;

/// The byte order mark in UTF-8.
const MARK: &[u8] = "\u{feff}".as_bytes();

/// A line as it stands in the file.
#[derive(Clone, Debug, Default)]
pub(in super::super) struct Line {
    /// From 1.
    pub(in super::super) number: u64,
    /// With its end.
    pub(in super::super) bytes: Vec<u8>,
    /// Whether it went on beyond what is kept.
    pub(in super::super) is_cut: bool,
}

impl Line {
    /// Adds what there is room for.
    fn add(&mut self, bytes: &[u8]) {
        let room = MAX_ROW_BYTES.saturating_sub(self.bytes.len());
        self.is_cut |= bytes.len() > room;
        self.bytes.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }
}

/// Reads lines.
pub(in super::super) struct Lines {
    reader: Box<dyn BufRead + Send>,
    decoding: Decoding,
    number: u64,
    read: Arc<AtomicU64>,
    size: u64,
}

/// Counts what is read of a file.
struct Counting<R>(R, Arc<AtomicU64>);

impl<R: Read> Read for Counting<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.0.read(buffer)?;
        self.1.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

impl Lines {
    /// The lines of a file; `encoding` where somebody says which.
    pub(in super::super) fn new(
        mut file: File,
        size: u64,
        encoding: Option<&str>,
    ) -> Result<Lines, EntryError> {
        let mut sample = vec![0; SAMPLE_BYTES];
        let mut filled = 0;
        while filled < sample.len() {
            match file.read(&mut sample[filled..]) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(unreadable(&error)),
            }
        }
        sample.truncate(filled);
        let decoding = match encoding {
            Some(name) => encoding::named(name, &sample)?,
            None => encoding::detected(&sample)?,
        };
        let nothing = memchr::memchr_iter(0, &sample).count();
        if !matches!(decoding, Decoding::Stream(_)) && nothing * MOST_NOTHING > sample.len() {
            return Err(EntryError::new(
                ErrorKind::Validation,
                "not_text",
                "the file is no text (it holds NUL bytes); export it as CSV, or name its encoding in options.encoding",
            ));
        }
        let read = Arc::new(AtomicU64::new(0));
        let skipped = match decoding {
            Decoding::Utf8 { mark } => mark,
            _ => 0,
        };
        let mut beginning = Cursor::new(sample);
        beginning.set_position(skipped as u64);
        let bytes = Counting(beginning.chain(file), Arc::clone(&read));
        let reader: Box<dyn BufRead + Send> = match decoding {
            Decoding::Stream(encoding) => {
                let decoded = DecodeReaderBytesBuilder::new()
                    .encoding(Some(encoding))
                    .bom_override(true)
                    .build(bytes);
                Box::new(BufReader::with_capacity(BUFFER_BYTES, decoded))
            }
            _ => Box::new(BufReader::with_capacity(BUFFER_BYTES, bytes)),
        };
        Ok(Lines {
            reader,
            decoding,
            number: 0,
            read,
            size,
        })
    }

    /// The next line, into `line`; `false`: there is none. A line ends with `\n`, `\r\n` or `\r`, in one file too.
    pub(in super::super) fn next(&mut self, line: &mut Line) -> Result<bool, EntryError> {
        line.bytes.clear();
        line.is_cut = false;
        let mut any = false;
        loop {
            let available = self.filled()?;
            if available.is_empty() {
                break;
            }
            any = true;
            let found = memchr::memchr2(b'\n', b'\r', available);
            let ending = found.map(|at| available[at]);
            let taken = found.map_or(available.len(), |at| at + 1);
            line.add(&available[..taken]);
            self.reader.consume(taken);
            if ending == Some(b'\r') && self.filled()?.first() == Some(&b'\n') {
                line.add(b"\n");
                self.reader.consume(1);
            }
            if ending.is_some() {
                break;
            }
        }
        if any {
            self.number += 1;
            line.number = self.number;
            // Files that were put together have the mark of each of them.
            if line.bytes.starts_with(MARK) {
                line.bytes.drain(..MARK.len());
            }
        }
        Ok(any)
    }

    fn filled(&mut self) -> Result<&[u8], EntryError> {
        loop {
            match self.reader.fill_buf() {
                Ok(_) => break,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(unreadable(&error)),
            }
        }
        // what is there already is given without reading
        self.reader.fill_buf().map_err(|error| unreadable(&error))
    }

    /// Passes over lines.
    pub(in super::super) fn skip(&mut self, until: u64) -> Result<(), EntryError> {
        let mut line = Line::default();
        while self.number < until && self.next(&mut line)? {}
        Ok(())
    }

    /// Bytes of a line as text; `None` where they are none in the file's encoding.
    pub(in super::super) fn text<'a>(&mut self, bytes: &'a [u8]) -> Option<Cow<'a, str>> {
        match self.decoding {
            Decoding::Utf8 { .. } => std::str::from_utf8(bytes).ok().map(Cow::Borrowed),
            // what can't be decoded was replaced
            Decoding::Stream(_) => std::str::from_utf8(bytes)
                .ok()
                .filter(|text| !text.contains(char::REPLACEMENT_CHARACTER))
                .map(Cow::Borrowed),
            Decoding::Bytes(encoding) => encoding.decode_without_bom_handling_and_without_replacement(bytes),
            Decoding::Undecided => {
                if bytes.is_ascii() {
                    return std::str::from_utf8(bytes).ok().map(Cow::Borrowed);
                }
                self.decoding = match std::str::from_utf8(bytes) {
                    Ok(_) => Decoding::Utf8 { mark: 0 },
                    Err(_) => Decoding::Bytes(WINDOWS_1252),
                };
                self.text(bytes)
            }
        }
    }

    /// How much was read, 0 to 1.
    pub(in super::super) fn share(&self) -> f64 {
        if self.size == 0 {
            return 1.0;
        }
        (self.read.load(Ordering::Relaxed) as f64 / self.size as f64).min(1.0)
    }
}

fn unreadable(error: &std::io::Error) -> EntryError {
    EntryError::new(
        ErrorKind::System,
        "source_io",
        format!("the file can't be read any further: {error}"),
    )
    .retryable()
}
