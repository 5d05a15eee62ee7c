//! What people read: results on stdout, everything else on stderr, no control characters where
//! nobody sees them, and a closed pipe is no error.

pub mod bars;

use std::{
    io::{self, Write},
    process::ExitCode,
};

/// Why a command did not do it.
#[derive(Debug)]
pub enum Failure {
    /// One message on stderr, status 1.
    Told(anyhow::Error),
    /// Said already, status 1.
    Silent,
    /// Wrong usage, status 2.
    Usage(String),
}

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Failure {
        Failure::Told(error.into())
    }
}

/// Writes a result and a line end. Whoever closed the pipe has read enough.
pub fn print(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    let written = out
        .write_all(text.as_bytes())
        .and_then(|()| out.write_all(b"\n"))
        .and_then(|()| out.flush());
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => Ok(other?),
    }
}

/// Writes a result as one JSON document.
pub fn print_json<T: serde::Serialize>(value: &T) -> Result<(), Failure> {
    print(&serde_json::to_string_pretty(value)?)
}

/// Says what went wrong.
pub fn complain(message: &str) {
    let _ = writeln!(io::stderr(), "metasync: {message}");
}

/// Wrong usage that only a command can see.
pub fn wrong_usage(message: &str) -> ExitCode {
    let _ = writeln!(
        io::stderr(),
        "error: {message}\n\nFor more information, try '--help'."
    );
    ExitCode::from(2)
}

/// A number with thousands apart.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn thousands_stand_apart() {
        let shown: Vec<String> = [0, 999, 1_000, 1_234_567].map(super::count).to_vec();
        assert_eq!(shown, ["0", "999", "1,000", "1,234,567"]);
    }
}
