//! A moment as the tables keep it: RFC 3339 text in UTC on SQLite, `TIMESTAMPTZ` on PostgreSQL; to
//! the microsecond on both.

use jiff::Timestamp;
use sqlx::{
    Decode, Encode, Postgres, Type,
    encode::IsNull,
    error::BoxDynError,
    postgres::{PgArgumentBuffer, PgTypeInfo, PgValueFormat, PgValueRef, types::Oid},
};

/// The type `TIMESTAMPTZ` (`pg_type.dat` of PostgreSQL).
const TIMESTAMPTZ: Oid = Oid(1184);
/// Where PostgreSQL counts from, in microseconds since 1970.
const YEAR_2000: i64 = 946_684_800_000_000;

/// A moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Time(Timestamp);

impl Time {
    /// Now.
    pub(crate) fn now() -> Time {
        Time(Timestamp::now())
    }

    /// As text, always of one width, so that text order is time order.
    pub(crate) fn text(self) -> String {
        self.0.strftime("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
    }
}

impl From<Timestamp> for Time {
    fn from(at: Timestamp) -> Time {
        Time(at)
    }
}

impl Type<Postgres> for Time {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(TIMESTAMPTZ)
    }
}

impl Encode<'_, Postgres> for Time {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        let micros = self.0.as_microsecond() - YEAR_2000;
        buffer.extend_from_slice(&micros.to_be_bytes());
        Ok(IsNull::No)
    }
}

impl Decode<'_, Postgres> for Time {
    fn decode(value: PgValueRef<'_>) -> Result<Time, BoxDynError> {
        if value.format() == PgValueFormat::Text {
            return Err("a time in text form, which no prepared statement gives".into());
        }
        let bytes: [u8; 8] = value.as_bytes()?.try_into()?;
        let micros = i64::from_be_bytes(bytes).saturating_add(YEAR_2000);
        Ok(Time(Timestamp::from_microsecond(micros)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_order_is_time_order() {
        let text = |t: &str| Time::from(t.parse::<Timestamp>().unwrap()).text();
        let (a, b) = (text("2026-01-02T03:04:05Z"), text("2026-01-02T03:04:05.1Z"));
        assert_eq!(a, "2026-01-02T03:04:05.000000Z");
        assert!(a < b);
    }
}
