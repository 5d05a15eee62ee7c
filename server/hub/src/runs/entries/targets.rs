//! The fields that the seed's tables have, and what sources call them as well.

use metasync_sources::entries::KnownField;
use metasync_store::EntryTable;

const fn field(name: &'static str, aliases: &'static [&'static str]) -> KnownField {
    KnownField { name, aliases }
}

const CONTENT: &[KnownField] = &[
    field("title", &["name"]),
    field("artist", &["author", "director"]),
    field("genre", &["category"]),
    field("external_id", &["id", "externalId"]),
    field("content_type", &["contentType"]),
];

const CATALOG: &[KnownField] = &[
    field("category_id", &["categoryId"]),
    field("capacity", &[]),
    field("capacity_gb", &["capacityGb"]),
    field("price", &[]),
    field("content_count", &["contentCount"]),
    field("content_unit", &["contentUnit"]),
    field("is_active", &["isActive"]),
    field("is_popular", &["isPopular"]),
];

/// The fields of a table.
pub(super) fn fields(table: EntryTable) -> &'static [KnownField] {
    match table {
        EntryTable::Content => CONTENT,
        EntryTable::Catalog => CATALOG,
    }
}
