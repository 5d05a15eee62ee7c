//! Seeds: CSV files whose header names the columns and whose first rows tell the types.

use crate::ColumnFact;

/// How many rows are looked at to tell a column's type.
const SAMPLE_ROWS: usize = 200;

/// The columns of a CSV text with inferred types; `Err` says what is wrong, with the line.
pub(crate) fn columns(text: &str, delimiter: u8) -> Result<Vec<ColumnFact>, (u32, String)> {
    let text = text.trim_start_matches('\u{feff}');
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(text.as_bytes());
    let problem = |error: &csv::Error| {
        let line = error
            .position()
            .map_or(1, |place| u32::try_from(place.line()).unwrap_or(1));
        (line, format!("CSV not understood: {error}"))
    };
    let header = reader.headers().map_err(|error| problem(&error))?.clone();
    let mut types: Vec<Option<Type>> = vec![None; header.len()];
    for record in reader.records().take(SAMPLE_ROWS) {
        let record = record.map_err(|error| problem(&error))?;
        for (value, known) in record.iter().zip(&mut types) {
            if !value.trim().is_empty() {
                let own = Type::of(value.trim());
                *known = Some(known.map_or(own, |known| known.and(own)));
            }
        }
    }
    Ok(header
        .iter()
        .zip(types)
        .map(|(name, data_type)| ColumnFact {
            name: name.trim().to_owned(),
            data_type: data_type.map(|data_type| data_type.as_str().to_owned()),
            ..ColumnFact::default()
        })
        .collect())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Type {
    Boolean,
    Integer,
    Number,
    Date,
    Timestamp,
    Text,
}

impl Type {
    fn of(value: &str) -> Self {
        if matches!(value.to_ascii_lowercase().as_str(), "true" | "false") {
            return Self::Boolean;
        }
        // A leading zero is part of a code, not of a number.
        let digits = value.trim_start_matches(['-', '+']);
        let is_code = digits.len() > 1 && digits.starts_with('0') && !digits.starts_with("0.");
        if !is_code && value.parse::<i64>().is_ok() {
            return Self::Integer;
        }
        if !is_code
            && digits.starts_with(|c: char| c.is_ascii_digit() || c == '.')
            && value.parse::<f64>().is_ok()
        {
            return Self::Number;
        }
        let shape: String = value
            .chars()
            .map(|c| if c.is_ascii_digit() { '0' } else { c })
            .collect();
        if shape == "0000-00-00" {
            return Self::Date;
        }
        if shape.starts_with("0000-00-00 00:00") || shape.starts_with("0000-00-00T00:00") {
            return Self::Timestamp;
        }
        Self::Text
    }

    fn and(self, other: Self) -> Self {
        match (self, other) {
            (a, b) if a == b => a,
            (Self::Integer, Self::Number) | (Self::Number, Self::Integer) => Self::Number,
            (Self::Date, Self::Timestamp) | (Self::Timestamp, Self::Date) => Self::Timestamp,
            _ => Self::Text,
        }
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::Boolean => "boolean",
            Self::Integer => "integer",
            Self::Number => "double",
            Self::Date => "date",
            Self::Timestamp => "timestamp",
            Self::Text => "text",
        }
    }
}
