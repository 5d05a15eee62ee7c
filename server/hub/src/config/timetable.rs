//! Certain times, as cron writes them, in a time zone.

use std::str::FromStr as _;

use croner::Cron;
use jiff::{Timestamp, tz::TimeZone};

/// Most characters of an expression.
const MAX_CHARS: usize = 200;

/// Times at which something is to be done.
#[derive(Clone, Debug)]
pub struct Timetable {
    cron: Cron,
    zone: TimeZone,
}

impl Timetable {
    /// Reads an expression of five parts (minute, hour, day, month, weekday) or six (seconds first), and the name
    /// of a time zone (`Europe/Madrid`).
    pub fn new(cron: &str, zone: &str) -> Result<Timetable, String> {
        if cron.chars().count() > MAX_CHARS {
            return Err(format!(
                "the cron expression is longer than {MAX_CHARS} characters"
            ));
        }
        let read = Cron::from_str(cron).map_err(|e| format!("{cron:?} is no cron expression: {e}"))?;
        let zone = match zone {
            "" | "UTC" => TimeZone::UTC,
            name => TimeZone::get(name).map_err(|_| {
                format!("{name:?} is no time zone that this machine knows; such as Europe/Madrid, or UTC")
            })?,
        };
        Ok(Timetable { cron: read, zone })
    }

    /// The next time after `now`; `None`: there is none.
    pub fn next(&self, now: Timestamp) -> Option<Timestamp> {
        let now = now.to_zoned(self.zone.clone());
        let next = self.cron.find_next_occurrence(&now, false).ok()?;
        Some(next.timestamp())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_in_the_morning_is_that_of_the_zone() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let utc = Timetable::new("0 3 * * *", "UTC").unwrap();
        assert_eq!(
            utc.next(at("2026-01-24T02:59:59Z")),
            Some(at("2026-01-24T03:00:00Z"))
        );
        assert_eq!(
            utc.next(at("2026-01-24T03:00:00Z")),
            Some(at("2026-01-25T03:00:00Z"))
        );
        let bogota = Timetable::new("0 3 * * *", "America/Bogota").unwrap();
        assert_eq!(
            bogota.next(at("2026-01-24T02:00:00Z")),
            Some(at("2026-01-24T08:00:00Z"))
        );
        // the clock is put forward from 2 to 3 that night
        let madrid = Timetable::new("0 3 * * *", "Europe/Madrid").unwrap();
        assert_eq!(
            madrid.next(at("2026-03-28T23:00:00Z")),
            Some(at("2026-03-29T01:00:00Z"))
        );
        assert_eq!(
            madrid.next(at("2026-03-29T01:00:00Z")),
            Some(at("2026-03-30T01:00:00Z"))
        );
        // in Helsinki it is put forward from 3 to 4: what is due at 3 is done at 4, that night as well
        let helsinki = Timetable::new("0 3 * * *", "Europe/Helsinki").unwrap();
        assert_eq!(
            helsinki.next(at("2026-03-28T22:00:00Z")),
            Some(at("2026-03-29T01:00:00Z"))
        );
        assert_eq!(
            helsinki.next(at("2026-03-29T01:00:00Z")),
            Some(at("2026-03-30T00:00:00Z"))
        );
        // and back from 4 to 3 in autumn: of the two it is done once
        assert_eq!(
            helsinki.next(at("2026-10-24T22:00:00Z")),
            Some(at("2026-10-25T00:00:00Z"))
        );
        assert_eq!(
            helsinki.next(at("2026-10-25T00:00:00Z")),
            Some(at("2026-10-26T01:00:00Z"))
        );
        for (cron, zone) in [
            ("", "UTC"),
            ("0 25 * * *", "UTC"),
            ("nonsense", "UTC"),
            ("0 3 * * *", "Mars/Base"),
        ] {
            assert!(Timetable::new(cron, zone).is_err(), "{cron} {zone}");
        }
    }
}
