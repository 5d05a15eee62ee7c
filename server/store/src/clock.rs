//! Numbers that stand for times: milliseconds for leases, microseconds for sync points.

use std::time::Duration;

use jiff::Timestamp;

use crate::database::Time;

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
    Time::from(Timestamp::from_microsecond(micros).unwrap_or(Timestamp::MAX)).text()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn microseconds_are_told_as_times_of_one_width() {
        assert_eq!(micros_text(0), "1970-01-01T00:00:00.000000Z");
        assert_eq!(micros_text(i64::MAX).len(), micros_text(0).len());
    }
}
