-- Edges between two connections: streams of their own (sync-protocol.md, "Model").

-- A pair stream names both of its connections, the smaller id first.
CREATE TABLE streams_new (
    number              INTEGER PRIMARY KEY,
    org_id              TEXT NOT NULL,
    connection_id       TEXT NOT NULL,
    other_connection_id TEXT,
    channel             TEXT NOT NULL,
    head                INTEGER NOT NULL DEFAULT 0,
    floor               INTEGER NOT NULL DEFAULT 0,
    live_rows           INTEGER NOT NULL DEFAULT 0,
    live_objects        INTEGER NOT NULL DEFAULT 0,
    checksum            BLOB NOT NULL,
    state               TEXT NOT NULL,
    removed_at          TEXT
);
INSERT INTO streams_new
SELECT number, org_id, connection_id, nullif(other_connection_id, ''), channel, head, floor, live_rows, live_objects,
       checksum, state, removed_at
FROM streams;
DROP TABLE streams;
ALTER TABLE streams_new RENAME TO streams;
CREATE INDEX streams_org ON streams (org_id) WHERE removed_at IS NULL;
CREATE UNIQUE INDEX streams_live ON streams (connection_id, channel)
    WHERE removed_at IS NULL AND other_connection_id IS NULL;
CREATE UNIQUE INDEX streams_pairs ON streams (connection_id, other_connection_id)
    WHERE removed_at IS NULL AND other_connection_id IS NOT NULL;

-- Names by which connections may know each other's objects. side: 'has', a relation that is there, or
-- 'wants', one that its own connection does not define. key: the last two parts of the name.
CREATE TABLE relation_names (
    org_id        TEXT NOT NULL,
    object_id     TEXT NOT NULL,
    side          TEXT NOT NULL,
    name          TEXT NOT NULL,
    key           TEXT NOT NULL,
    connection_id TEXT NOT NULL,
    PRIMARY KEY (org_id, object_id, side, name)
) WITHOUT ROWID;
CREATE INDEX relation_names_key ON relation_names (org_id, key, side);
CREATE INDEX relation_names_connection ON relation_names (org_id, connection_id);

-- The edges: always what names and objects say. owner_id: the object that wants. edge: the row as JSON;
-- kind: 0 a dependency, 1 column lineage.
CREATE TABLE pair_edges (
    org_id              TEXT NOT NULL,
    id                  TEXT NOT NULL,
    connection_id       TEXT NOT NULL,
    other_connection_id TEXT NOT NULL,
    seq                 INTEGER NOT NULL,
    bytes               INTEGER NOT NULL,
    deleted_at          TEXT,
    deleted_by_run      TEXT,
    row_hash            BLOB NOT NULL,
    kind                INTEGER NOT NULL,
    owner_id            TEXT NOT NULL,
    edge                TEXT NOT NULL,
    PRIMARY KEY (org_id, id)
);
CREATE UNIQUE INDEX pair_edges_feed ON pair_edges (org_id, connection_id, other_connection_id, seq);
CREATE INDEX pair_edges_owner ON pair_edges (org_id, owner_id);
CREATE INDEX pair_edges_other ON pair_edges (org_id, other_connection_id);
