-- The catalogue and the streams that feed it to clients (sync-protocol.md, "Model").
-- One row per entity holding its latest state; a deletion is a row too (deleted_at, payload empty).

-- A stream's number is never used twice, so that an old cursor can't mistake a new stream for one
-- that is gone; a removed stream stays as a row with removed_at.
CREATE TABLE streams (
    number              INTEGER PRIMARY KEY,
    org_id              TEXT NOT NULL,
    connection_id       TEXT NOT NULL,
    other_connection_id TEXT NOT NULL DEFAULT '',
    channel             TEXT NOT NULL,
    head                INTEGER NOT NULL DEFAULT 0,
    floor               INTEGER NOT NULL DEFAULT 0,
    live_rows           INTEGER NOT NULL DEFAULT 0,
    live_objects        INTEGER NOT NULL DEFAULT 0,
    checksum            BLOB NOT NULL,
    state               TEXT NOT NULL,
    removed_at          TEXT
);
CREATE INDEX streams_org ON streams (org_id) WHERE removed_at IS NULL;
CREATE UNIQUE INDEX streams_live ON streams (connection_id, other_connection_id, channel) WHERE removed_at IS NULL;

CREATE TABLE files (
    org_id         TEXT NOT NULL,
    id             TEXT NOT NULL,
    connection_id  TEXT NOT NULL,
    seq            INTEGER NOT NULL,
    bytes          INTEGER NOT NULL,
    deleted_at     TEXT,
    deleted_by_run TEXT,
    row_hash       BLOB NOT NULL,
    relative_path  TEXT NOT NULL,
    language       TEXT NOT NULL,
    content_hash   TEXT NOT NULL,
    size           INTEGER NOT NULL,
    branch         TEXT,
    PRIMARY KEY (org_id, id)
);
CREATE UNIQUE INDEX files_feed ON files (connection_id, seq);
CREATE INDEX files_deleted ON files (connection_id, deleted_at) WHERE deleted_at IS NOT NULL;

-- owned: columns, dependencies and lineage in compact form. bytes, row_count: what the bundle takes
-- on a page. The small columns stand first, so that a page can be measured without reading payload.
CREATE TABLE objects (
    org_id         TEXT NOT NULL,
    id             TEXT NOT NULL,
    connection_id  TEXT NOT NULL,
    seq            INTEGER NOT NULL,
    bytes          INTEGER NOT NULL,
    row_count      INTEGER NOT NULL,
    deleted_at     TEXT,
    deleted_by_run TEXT,
    row_hash       BLOB NOT NULL,
    file_id        TEXT,
    branch         TEXT,
    name           TEXT NOT NULL,
    full_name      TEXT NOT NULL,
    object_type    TEXT NOT NULL,
    description    TEXT,
    line_start     INTEGER,
    line_end       INTEGER,
    metadata       TEXT NOT NULL,
    owned          TEXT NOT NULL,
    PRIMARY KEY (org_id, id)
);
CREATE UNIQUE INDEX objects_feed ON objects (connection_id, seq);
CREATE INDEX objects_deleted ON objects (connection_id, deleted_at) WHERE deleted_at IS NOT NULL;

CREATE TABLE documentation (
    org_id               TEXT NOT NULL,
    id                   TEXT NOT NULL,
    connection_id        TEXT NOT NULL,
    object_id            TEXT NOT NULL,
    seq                  INTEGER NOT NULL,
    bytes                INTEGER NOT NULL,
    deleted_at           TEXT,
    deleted_by_run       TEXT,
    row_hash             BLOB NOT NULL,
    executive_summary    TEXT,
    business_narrative   TEXT,
    transformation_cards TEXT NOT NULL,
    code_explanations    TEXT NOT NULL,
    business_rules       TEXT NOT NULL,
    impact_analysis      TEXT,
    generated_at         TEXT NOT NULL,
    model                TEXT,
    PRIMARY KEY (org_id, id),
    UNIQUE (org_id, object_id)
);
CREATE UNIQUE INDEX documentation_feed ON documentation (connection_id, seq);
CREATE INDEX documentation_deleted ON documentation (connection_id, deleted_at) WHERE deleted_at IS NOT NULL;

-- The seed's other three tables, for people who ask with SQL.
CREATE VIEW columns AS
SELECT o.org_id, o.connection_id, o.id AS object_id,
       json_extract(c.value, '$[0]') AS name,
       c.key + 1 AS ordinal,
       json_extract(c.value, '$[1]') AS data_type,
       json_extract(c.value, '$[2]') AS description
FROM objects o, json_each(o.owned, '$.columns') c
WHERE o.deleted_at IS NULL;

CREATE VIEW dependencies AS
SELECT o.org_id, o.connection_id, o.id AS source_object_id,
       json_extract(d.value, '$[0]') AS target_object_id,
       json_extract(d.value, '$[1]') AS target_name,
       json_extract(d.value, '$[2]') AS dependency_type
FROM objects o, json_each(o.owned, '$.dependencies') d
WHERE o.deleted_at IS NULL;

CREATE VIEW columns_lineage AS
SELECT o.org_id, o.connection_id,
       json_extract(l.value, '$[0]') AS source_object_id,
       json_extract(l.value, '$[1]') AS source_name,
       json_extract(l.value, '$[2]') AS source_column,
       o.id AS target_object_id,
       json_extract(l.value, '$[3]') AS target_column,
       json_extract(l.value, '$[4]') AS transformation
FROM objects o, json_each(o.owned, '$.lineage') l
WHERE o.deleted_at IS NULL;

-- What a timestamp in an answer names, for clients without cursor: heads of all streams of the
-- organization, and which of them were served. at: microseconds since 1970, strictly increasing.
CREATE TABLE sync_points (
    org_id TEXT NOT NULL,
    at     INTEGER NOT NULL,
    digest TEXT NOT NULL,
    heads  TEXT NOT NULL,
    served TEXT NOT NULL,
    PRIMARY KEY (org_id, at)
);
CREATE INDEX sync_points_digest ON sync_points (org_id, digest, at);
