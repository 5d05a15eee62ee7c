//! How old something is, in words.

use jiff::{SpanRound, Timestamp, Unit};

/// "just now", "5 min ago", "3 h ago", "2 days ago"; `None` if `at` is no RFC 3339 time. A time in
/// the future (another machine's clock) counts as just now.
pub fn age(at: &str, now: Timestamp) -> Option<String> {
    let at: Timestamp = at.parse().ok()?;
    let span = now.since(at).ok()?;
    let seconds = span
        .round(SpanRound::new().largest(Unit::Second).smallest(Unit::Second))
        .ok()?
        .get_seconds();
    Some(match seconds {
        ..60 => "just now".to_owned(),
        60..3_600 => format!("{} min ago", seconds / 60),
        3_600..86_400 => format!("{} h ago", seconds / 3_600),
        86_400..172_800 => "1 day ago".to_owned(),
        _ => format!("{} days ago", seconds / 86_400),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_in_words() {
        let now: Timestamp = "2026-01-10T12:00:00Z".parse().unwrap();
        let cases = [
            ("2026-01-10T11:59:30Z", "just now"),
            ("2026-01-10T12:00:30Z", "just now"),
            ("2026-01-10T11:50:00Z", "10 min ago"),
            ("2026-01-10T03:00:00Z", "9 h ago"),
            ("2026-01-09T11:00:00Z", "1 day ago"),
            ("2025-12-31T12:00:00Z", "10 days ago"),
        ];
        for (at, words) in cases {
            assert_eq!(age(at, now).as_deref(), Some(words), "{at}");
        }
        assert_eq!(age("yesterday", now), None);
    }
}
