-- Entries are found through an index of their words instead of by looking at each one. number: what the index knows
-- an entry by; a rowid without a name would change with VACUUM. The texts that a search looked at are not kept twice
-- any more, and the keys hold no second id in each row: with millions of entries they take the most room.

CREATE TABLE content_index_new (
    number            INTEGER PRIMARY KEY,
    org_id            TEXT NOT NULL,
    id                TEXT NOT NULL UNIQUE,
    connection_id     TEXT NOT NULL,
    content_type      TEXT,
    title             TEXT NOT NULL,
    artist            TEXT,
    genre             TEXT,
    source_type       TEXT NOT NULL,
    source_identifier TEXT NOT NULL,
    external_id       TEXT,
    metadata          TEXT NOT NULL,
    is_available      INTEGER NOT NULL,
    last_synced_at    TEXT NOT NULL,
    row_hash          BLOB NOT NULL
);
INSERT INTO content_index_new (org_id, id, connection_id, content_type, title, artist, genre, source_type,
    source_identifier, external_id, metadata, is_available, last_synced_at, row_hash)
SELECT org_id, id, connection_id, content_type, title, artist, genre, source_type, source_identifier, external_id,
    metadata, is_available, last_synced_at, row_hash
FROM content_index ORDER BY rowid;
DROP TABLE content_index;
ALTER TABLE content_index_new RENAME TO content_index;
CREATE INDEX content_index_connection ON content_index (connection_id, is_available);

CREATE TABLE catalog_items_new (
    number            INTEGER PRIMARY KEY,
    org_id            TEXT NOT NULL,
    id                TEXT NOT NULL UNIQUE,
    connection_id     TEXT NOT NULL,
    category_id       TEXT NOT NULL,
    capacity          TEXT NOT NULL,
    capacity_gb       NUMERIC,
    price             NUMERIC,
    content_count     INTEGER,
    content_unit      TEXT,
    is_active         INTEGER,
    is_popular        INTEGER,
    source_type       TEXT NOT NULL,
    source_identifier TEXT NOT NULL,
    metadata          TEXT NOT NULL,
    is_available      INTEGER NOT NULL,
    last_synced_at    TEXT NOT NULL,
    row_hash          BLOB NOT NULL
);
INSERT INTO catalog_items_new (org_id, id, connection_id, category_id, capacity, capacity_gb, price, content_count,
    content_unit, is_active, is_popular, source_type, source_identifier, metadata, is_available, last_synced_at, row_hash)
SELECT org_id, id, connection_id, category_id, capacity, capacity_gb, price, content_count, content_unit, is_active,
    is_popular, source_type, source_identifier, metadata, is_available, last_synced_at, row_hash
FROM catalog_items ORDER BY rowid;
DROP TABLE catalog_items;
ALTER TABLE catalog_items_new RENAME TO catalog_items;
CREATE INDEX catalog_items_connection ON catalog_items (connection_id, is_available);

-- rowid: the entry's number. words: as the hub cuts them, each behind a mark of its organization. Only where a word
-- stands is kept, neither the texts nor the places in them. Those of older entries the hub adds when it starts.
CREATE VIRTUAL TABLE content_index_words USING fts5 (
    words, content = '', contentless_delete = 1, detail = none, tokenize = 'ascii'
);
CREATE VIRTUAL TABLE catalog_items_words USING fts5 (
    words, content = '', contentless_delete = 1, detail = none, tokenize = 'ascii'
);

-- Words without digits that entries hold or held: where nothing bears a word, those that look like it.
CREATE TABLE entry_vocabulary (
    org_id TEXT NOT NULL,
    word   TEXT NOT NULL,
    PRIMARY KEY (org_id, word)
) WITHOUT ROWID;
