//! From what a source says to an entry: fields checked, identity, the object that editors see.

use metasync_protocol::{Compact, ObjectRow, RowHash, bundle, ids};
use metasync_sources::entries::{Row, RowError};
use metasync_store::{CatalogFields, ContentFields, Entry, EntryFields, EntryTable};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::SyncOptions;

/// Types of the objects that entries are.
const CONTENT: &str = "content";
const CATALOG_ITEM: &str = "catalog_item";

/// Longest value, in bytes.
const MAX_VALUE: usize = 16 * 1024;

/// Longest title, artist, external id, category or capacity, in bytes: they become names.
const MAX_NAME: usize = 1_000;

/// Makes entries of one source.
pub(super) struct Items<'a> {
    pub(super) connection: Uuid,
    pub(super) fields: &'a [String],
    pub(super) options: &'a SyncOptions,
}

/// The values of one item by the names of their fields.
struct Values<'a> {
    fields: &'a [String],
    values: Vec<Option<String>>,
}

impl Values<'_> {
    /// Takes a value out.
    fn take(&mut self, name: &str) -> Option<String> {
        let at = self.fields.iter().position(|field| field == name)?;
        self.values.get_mut(at)?.take()
    }

    /// What nobody asked for by name.
    fn rest(self) -> Map<String, Value> {
        let rest = self.fields.iter().zip(self.values);
        rest.filter_map(|(name, value)| Some((name.clone(), value?.into())))
            .collect()
    }
}

impl Items<'_> {
    /// The entry that a row is.
    pub(super) fn entry(&self, row: Row) -> Result<Entry, RowError> {
        let Row { place, mut values } = row;
        let wrong = |(code, why): (&'static str, String)| RowError {
            message: format!("{}: {why}", place.words),
            place: place.clone(),
            code,
        };
        for (field, value) in self.fields.iter().zip(&mut values) {
            let Some(text) = value else { continue };
            let most = if is_name(field) { MAX_NAME } else { MAX_VALUE };
            if text.len() > most {
                let why = format!("{field} has {} bytes; {most} are the most", text.len());
                return Err(wrong(("value_too_long", why)));
            }
            if text.contains('\0') {
                *text = text.replace('\0', "\u{fffd}");
            }
        }
        let values = Values {
            fields: self.fields,
            values,
        };
        match self.options.table {
            EntryTable::Content => self.content(values).map_err(wrong),
            EntryTable::Catalog => self.catalog(values).map_err(wrong),
        }
    }

    fn content(&self, mut values: Values<'_>) -> Result<Entry, (&'static str, String)> {
        let title = values
            .take("title")
            .ok_or_else(|| ("title_missing", "the item has no title".to_owned()))?;
        let fields = ContentFields {
            content_type: values
                .take("content_type")
                .or_else(|| self.options.content_type.clone()),
            artist: values.take("artist"),
            genre: values.take("genre"),
            external_id: values.take("external_id"),
            title,
        };
        let metadata = values.rest();
        let identity = match &fields.external_id {
            Some(id) => format!("external_id:{id}"),
            None => format!("hash:{}", json!([fields.title, fields.artist])),
        };
        let full_name = match (&fields.external_id, &fields.artist) {
            (Some(id), _) => id.clone(),
            (None, Some(artist)) => format!("{artist}/{}", fields.title),
            (None, None) => fields.title.clone(),
        };
        let mut shown = Map::new();
        let known = [
            ("content_type", &fields.content_type),
            ("artist", &fields.artist),
            ("genre", &fields.genre),
            ("external_id", &fields.external_id),
        ];
        for (name, value) in known {
            shown.extend(value.clone().map(|value| (name.to_owned(), value.into())));
        }
        let described = [&fields.artist, &fields.genre].into_iter().flatten();
        let object = self.object(
            CONTENT,
            &identity,
            Names {
                name: fields.title.clone(),
                full_name,
                description: joined(described.map(String::as_str)),
                known: shown,
                more: &metadata,
            },
        );
        Ok(Entry {
            object,
            fields: EntryFields::Content(fields),
            metadata: metadata.into(),
        })
    }

    fn catalog(&self, mut values: Values<'_>) -> Result<Entry, (&'static str, String)> {
        let mut needed = |name: &'static str| {
            let value = values.take(name);
            value.ok_or_else(|| ("field_missing", format!("the item has no {name}")))
        };
        let (category_id, capacity) = (needed("category_id")?, needed("capacity")?);
        let mut real = |name: &str| match values.take(name) {
            None => Ok(None),
            Some(text) => {
                let number = text.trim().parse::<f64>().ok().filter(|n| n.is_finite());
                number
                    .map(Some)
                    .ok_or_else(|| ("no_number", format!("{name} is no number: {text:?}")))
            }
        };
        let (capacity_gb, price) = (real("capacity_gb")?, real("price")?);
        let content_count = match values.take("content_count") {
            None => None,
            Some(text) => Some(
                text.trim()
                    .parse::<i64>()
                    .map_err(|_| ("no_number", format!("content_count is no whole number: {text:?}")))?,
            ),
        };
        let content_unit = values.take("content_unit");
        let mut flag = |name: &str| match values.take(name) {
            None => Ok(None),
            Some(text) => match text.trim().to_lowercase().as_str() {
                "true" | "t" | "yes" | "y" | "1" | "sí" | "si" => Ok(Some(true)),
                "false" | "f" | "no" | "n" | "0" => Ok(Some(false)),
                _ => Err(("no_flag", format!("{name} is neither true nor false: {text:?}"))),
            },
        };
        let fields = CatalogFields {
            is_active: flag("is_active")?,
            is_popular: flag("is_popular")?,
            category_id,
            capacity,
            capacity_gb,
            price,
            content_count,
            content_unit,
        };
        let metadata = values.rest();
        let mut shown = Map::new();
        let known = [
            ("category_id", json!(fields.category_id)),
            ("capacity_gb", number(fields.capacity_gb)),
            ("price", number(fields.price)),
            ("content_count", json!(fields.content_count)),
            ("content_unit", json!(fields.content_unit)),
            ("is_active", json!(fields.is_active)),
            ("is_popular", json!(fields.is_popular)),
        ];
        for (name, value) in known {
            if !value.is_null() {
                shown.insert(name.to_owned(), value);
            }
        }
        let count = fields.content_count.map(|n| match &fields.content_unit {
            Some(unit) => format!("{n} {unit}"),
            None => n.to_string(),
        });
        let price = fields.price.map(|price| price.to_string());
        let identity = format!("item:{}", json!([fields.category_id, fields.capacity]));
        let object = self.object(
            CATALOG_ITEM,
            &identity,
            Names {
                name: fields.capacity.clone(),
                full_name: format!("{}/{}", fields.category_id, fields.capacity),
                description: joined(price.iter().chain(&count).map(String::as_str)),
                known: shown,
                more: &metadata,
            },
        );
        Ok(Entry {
            object,
            fields: EntryFields::Catalog(fields),
            metadata: metadata.into(),
        })
    }

    fn object(&self, kind: &str, identity: &str, names: Names<'_>) -> ObjectRow {
        let mut metadata = names.known;
        for (name, value) in names.more {
            metadata.entry(name.clone()).or_insert_with(|| value.clone());
        }
        let mut object = ObjectRow {
            id: ids::object(self.connection, None, kind, identity),
            connection_id: self.connection,
            file_id: None,
            name: names.name,
            full_name: names.full_name,
            object_type: kind.to_owned(),
            description: names.description,
            metadata: Value::Object(metadata),
            line_start: None,
            line_end: None,
            branch: None,
            row_hash: RowHash::default(),
        };
        object.row_hash = bundle::compact_hash(&object, &Compact::default());
        object
    }
}

/// What an object is called, and what is known of it.
struct Names<'a> {
    name: String,
    full_name: String,
    description: Option<String>,
    known: Map<String, Value>,
    more: &'a Map<String, Value>,
}

fn is_name(field: &str) -> bool {
    matches!(
        field,
        "title" | "artist" | "external_id" | "content_type" | "category_id" | "capacity"
    )
}

fn joined<'t>(parts: impl Iterator<Item = &'t str>) -> Option<String> {
    let parts: Vec<&str> = parts.collect();
    (!parts.is_empty()).then(|| parts.join(" · "))
}

/// A number as it was written: whole ones without a point.
fn number(value: Option<f64>) -> Value {
    match value {
        Some(n) if n.fract() == 0.0 && n.abs() < 9e15 => json!(n as i64),
        other => json!(other),
    }
}

/// An entry as a dry run shows it.
pub(super) fn shown(entry: &Entry) -> Value {
    let mut row = match &entry.fields {
        EntryFields::Content(f) => json!({
            "content_type": f.content_type, "title": f.title, "artist": f.artist, "genre": f.genre,
            "external_id": f.external_id,
        }),
        EntryFields::Catalog(f) => json!({
            "category_id": f.category_id, "capacity": f.capacity, "capacity_gb": number(f.capacity_gb),
            "price": number(f.price), "content_count": f.content_count, "content_unit": f.content_unit,
            "is_active": f.is_active, "is_popular": f.is_popular,
        }),
    };
    row["metadata"] = entry.metadata.clone();
    row
}

#[cfg(test)]
mod tests {
    use metasync_sources::entries::Place;

    use super::*;

    fn options(table: &str) -> SyncOptions {
        SyncOptions::read(&json!({"targetTable": table, "contentType": "music"})).unwrap()
    }

    fn entry(table: &str, pairs: &[(&str, &str)]) -> Result<Entry, RowError> {
        let fields: Vec<String> = pairs.iter().map(|(name, _)| (*name).to_owned()).collect();
        let options = options(table);
        let items = Items {
            connection: Uuid::nil(),
            fields: &fields,
            options: &options,
        };
        items.entry(Row {
            place: Place::line(7),
            values: pairs
                .iter()
                .map(|(_, v)| (!v.is_empty()).then(|| (*v).to_owned()))
                .collect(),
        })
    }

    #[test]
    fn an_entry_is_known_by_its_external_id_else_by_title_and_artist() {
        let id = |pairs: &[(&str, &str)]| entry("content_index", pairs).unwrap().id();
        let one = id(&[("title", "A"), ("artist", "B"), ("genre", "Pop")]);
        assert_eq!(one, id(&[("title", "A"), ("artist", "B"), ("genre", "Rock")]));
        assert_ne!(one, id(&[("title", "A"), ("artist", "C")]));
        assert_ne!(
            id(&[("title", "b"), ("artist", "a/")]),
            id(&[("title", "/b"), ("artist", "a")])
        );
        let known = id(&[("title", "A"), ("external_id", "7")]);
        assert_eq!(
            known,
            id(&[("title", "Z"), ("artist", "B"), ("external_id", "7")])
        );
        assert_ne!(known, one);
    }

    #[test]
    fn rows_are_checked_field_by_field() {
        let music = entry(
            "content_index",
            &[("title", "A"), ("artist", ""), ("album", "B"), ("genre", "Pop")],
        );
        let music = music.unwrap();
        assert_eq!(music.metadata, json!({"album": "B"}));
        assert_eq!(
            music.object.metadata,
            json!({"album": "B", "content_type": "music", "genre": "Pop"})
        );
        assert_eq!(music.object.description.as_deref(), Some("Pop"));
        let error = entry("content_index", &[("title", ""), ("artist", "x")]).unwrap_err();
        assert_eq!(
            (error.code, error.message.as_str()),
            ("title_missing", "line 7: the item has no title")
        );
        let long = "x".repeat(MAX_NAME + 1);
        assert_eq!(
            entry("content_index", &[("title", &long)]).unwrap_err().code,
            "value_too_long"
        );
        let price = |price: &str| {
            let pairs = [
                ("category_id", "music"),
                ("capacity", "8GB"),
                ("price", price),
                ("is_active", "TRUE"),
            ];
            entry("catalog_items", &pairs)
        };
        let EntryFields::Catalog(fields) = price("54900").unwrap().fields else {
            panic!()
        };
        assert_eq!((fields.price, fields.is_active), (Some(54900.0), Some(true)));
        assert_eq!(price("cheap").unwrap_err().code, "no_number");
        assert_eq!(price("NaN").unwrap_err().code, "no_number");
        assert_eq!(
            entry("catalog_items", &[("category_id", "x")]).unwrap_err().code,
            "field_missing"
        );
    }
}
