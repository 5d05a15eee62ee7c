//! Times as the tables keep them: RFC 3339 text in UTC with microseconds, so that text order is
//! time order; and milliseconds for leases.

use std::time::Duration;

use jiff::Timestamp;

/// Now, as text.
pub(crate) fn now() -> String {
    text(Timestamp::now())
}

/// A time as text, always of one width.
pub(crate) fn text(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
}

/// Milliseconds since 1970.
pub(crate) fn now_ms() -> i64 {
    Timestamp::now().as_millisecond()
}

/// Milliseconds since 1970 at which something that starts now ends.
pub(crate) fn after_ms(duration: Duration) -> i64 {
    now_ms().saturating_add(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX))
}

/// A number of microseconds since 1970 as text; beyond what a calendar knows, its edge.
pub(crate) fn micros_text(micros: i64) -> String {
    text(Timestamp::from_microsecond(micros).unwrap_or(Timestamp::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_order_is_time_order() {
        let a = text("2026-01-02T03:04:05Z".parse().unwrap());
        let b = text("2026-01-02T03:04:05.1Z".parse().unwrap());
        assert_eq!(a, "2026-01-02T03:04:05.000000Z");
        assert!(a < b);
        assert_eq!(micros_text(0), "1970-01-01T00:00:00.000000Z");
    }
}
