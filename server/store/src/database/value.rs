//! Values of statements, and how each database takes them.

use sqlx::{Arguments as _, error::BoxDynError, postgres::PgArguments, sqlite::SqliteArguments};
use uuid::Uuid;

use super::Time;

/// What stands for a NUL character, which PostgreSQL's texts can't hold.
const REPLACEMENT: &str = "\u{fffd}";

/// A value of a statement.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    Text(Option<String>),
    Int(Option<i64>),
    Bool(bool),
    /// A flag that may be unknown.
    Flag(Option<bool>),
    Real(Option<f64>),
    Bytes(Vec<u8>),
    Id(Option<Uuid>),
    Time(Option<Time>),
    /// A list of ids: a JSON array on SQLite, `UUID[]` on PostgreSQL.
    Ids(Vec<Uuid>),
    /// A list of texts: likewise.
    Texts(Vec<String>),
    /// A column of a bulk insert, which only PostgreSQL takes.
    Column(Column),
}

/// A column of a bulk insert.
#[derive(Clone, Debug)]
pub(crate) enum Column {
    Ids(Vec<Option<Uuid>>),
    Texts(Vec<Option<String>>),
    Ints(Vec<Option<i64>>),
    Reals(Vec<Option<f64>>),
    Flags(Vec<Option<bool>>),
    Bytes(Vec<Vec<u8>>),
}

impl Column {
    /// The value of a row, moved out.
    pub(crate) fn take(&mut self, row: usize) -> Value {
        match self {
            Column::Ids(ids) => Value::Id(ids[row]),
            Column::Texts(texts) => Value::Text(texts[row].take()),
            Column::Ints(numbers) => Value::Int(numbers[row]),
            Column::Reals(numbers) => Value::Real(numbers[row]),
            Column::Flags(flags) => Value::Flag(flags[row]),
            Column::Bytes(bytes) => Value::Bytes(std::mem::take(&mut bytes[row])),
        }
    }
}

impl Value {
    pub(super) fn add_to_sqlite(self, arguments: &mut SqliteArguments) -> Result<(), BoxDynError> {
        match self {
            Value::Text(text) => arguments.add(text),
            Value::Int(number) => arguments.add(number),
            Value::Bool(flag) => arguments.add(flag),
            Value::Flag(flag) => arguments.add(flag),
            Value::Real(number) => arguments.add(number),
            Value::Bytes(bytes) => arguments.add(bytes),
            Value::Id(id) => arguments.add(id.map(|id| id.to_string())),
            Value::Time(time) => arguments.add(time.map(Time::text)),
            Value::Ids(ids) => arguments.add(serde_json::to_string(&ids)?),
            Value::Texts(texts) => arguments.add(serde_json::to_string(&texts)?),
            Value::Column(_) => Err("SQLite takes no columns of values".into()),
        }
    }

    pub(super) fn add_to_postgres(self, arguments: &mut PgArguments) -> Result<(), BoxDynError> {
        match self {
            Value::Text(text) => arguments.add(text.map(without_nul)),
            Value::Int(number) => arguments.add(number),
            Value::Bool(flag) => arguments.add(flag),
            Value::Flag(flag) => arguments.add(flag),
            Value::Real(number) => arguments.add(number),
            Value::Bytes(bytes) => arguments.add(bytes),
            Value::Id(id) => arguments.add(id),
            Value::Time(time) => arguments.add(time),
            Value::Ids(ids) => arguments.add(ids),
            Value::Texts(texts) => arguments.add(texts.into_iter().map(without_nul).collect::<Vec<_>>()),
            Value::Column(Column::Ids(ids)) => arguments.add(ids),
            Value::Column(Column::Texts(texts)) => {
                let texts: Vec<_> = texts.into_iter().map(|text| text.map(without_nul)).collect();
                arguments.add(texts)
            }
            Value::Column(Column::Ints(numbers)) => arguments.add(numbers),
            Value::Column(Column::Reals(numbers)) => arguments.add(numbers),
            Value::Column(Column::Flags(flags)) => arguments.add(flags),
            Value::Column(Column::Bytes(bytes)) => arguments.add(bytes),
        }
    }
}

/// A text that both databases can hold.
pub(crate) fn without_nul(text: String) -> String {
    match text.contains('\0') {
        true => text.replace('\0', REPLACEMENT),
        false => text,
    }
}

macro_rules! value_from {
    ($($from:ty => |$value:ident| $to:expr;)*) => {$(
        impl From<$from> for Value {
            fn from($value: $from) -> Value {
                $to
            }
        }
    )*};
}

value_from! {
    &str => |v| Value::Text(Some(v.to_owned()));
    String => |v| Value::Text(Some(v));
    &String => |v| Value::Text(Some(v.clone()));
    &Option<String> => |v| Value::Text(v.clone());
    Option<&str> => |v| Value::Text(v.map(str::to_owned));
    i64 => |v| Value::Int(Some(v));
    Option<i64> => |v| Value::Int(v);
    bool => |v| Value::Bool(v);
    Vec<u8> => |v| Value::Bytes(v);
    Uuid => |v| Value::Id(Some(v));
    Option<Uuid> => |v| Value::Id(v);
    Time => |v| Value::Time(Some(v));
    Option<Time> => |v| Value::Time(v);
    Vec<Uuid> => |v| Value::Ids(v);
    &[Uuid] => |v| Value::Ids(v.to_vec());
    &[&str] => |v| Value::Texts(v.iter().map(|t| (*t).to_owned()).collect());
    Column => |v| Value::Column(v);
}
