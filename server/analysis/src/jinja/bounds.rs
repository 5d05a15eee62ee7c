//! How much a template may make: of text that is printed, also into variables and by macros, and of single values.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use minijinja::value::{Value, ValueKind};
use minijinja::{Environment, Error, ErrorKind, Output, State, escape_formatter};

/// How long a text may be that is kept in a variable or handed to a macro: a loop that doubles one stops here.
const MAX_VALUE_BYTES: usize = 1024 * 1024;

/// Text up to a size.
pub(super) struct Bounded {
    text: Vec<u8>,
    most: usize,
    full: bool,
}

impl Bounded {
    pub(super) const fn new(most: usize) -> Self {
        Self {
            text: Vec::new(),
            most,
            full: false,
        }
    }

    pub(super) const fn is_full(&self) -> bool {
        self.full
    }

    pub(super) fn into_text(self) -> String {
        String::from_utf8_lossy(&self.text).into_owned()
    }
}

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.text.len() + bytes.len() > self.most {
            self.full = true;
            return Err(io::Error::other("too large"));
        }
        self.text.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What may still be printed by expressions, wherever it goes.
#[derive(Clone)]
pub(super) struct Budget(Arc<AtomicUsize>);

impl Budget {
    pub(super) fn new(bytes: usize) -> Self {
        Self(Arc::new(AtomicUsize::new(bytes)))
    }

    pub(super) fn is_spent(&self) -> bool {
        self.0.load(Ordering::Relaxed) == 0
    }

    /// Counts what expressions print, and refuses values that grow too large.
    pub(super) fn watch(&self, environment: &mut Environment<'_>) {
        let left = self.0.clone();
        environment.set_formatter(
            move |out: &mut Output<'_>, state: &mut State<'_, '_>, value: &Value| {
                let size = value.as_str().map_or(0, str::len);
                let before = left.load(Ordering::Relaxed);
                if size > before {
                    left.store(0, Ordering::Relaxed);
                    return Err(too_large());
                }
                left.store(before - size, Ordering::Relaxed);
                escape_formatter(out, state, value)
            },
        );
        let spent = self.0.clone();
        let bounded = move |value: Value| -> Result<Value, Error> {
            if is_large(&value) {
                spent.store(0, Ordering::Relaxed);
                return Err(too_large());
            }
            Ok(value)
        };
        environment.add_filter("_bounded", bounded.clone());
        environment.add_function("_bounded", bounded);
    }
}

fn is_large(value: &Value) -> bool {
    match value.kind() {
        ValueKind::String => value.as_str().is_some_and(|text| text.len() > MAX_VALUE_BYTES),
        ValueKind::Seq => value.len().is_some_and(|len| len > MAX_VALUE_BYTES / 8),
        _ => false,
    }
}

fn too_large() -> Error {
    Error::new(ErrorKind::InvalidOperation, "a value is too large")
}
