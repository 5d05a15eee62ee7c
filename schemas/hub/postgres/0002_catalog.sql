-- The catalogue and the streams that feed it to clients (sync-protocol.md, "Model").
-- One row per entity holding its latest state; a deletion is a row too (deleted_at, payload empty).

-- A stream's number is never used twice, so that an old cursor can't mistake a new stream for one
-- that is gone; a removed stream stays as a row with removed_at.
CREATE TABLE streams (
    org_id              UUID NOT NULL,
    number              BIGINT NOT NULL,
    connection_id       UUID NOT NULL,
    other_connection_id UUID,
    channel             TEXT NOT NULL,
    head                BIGINT NOT NULL DEFAULT 0,
    floor               BIGINT NOT NULL DEFAULT 0,
    live_rows           BIGINT NOT NULL DEFAULT 0,
    live_objects        BIGINT NOT NULL DEFAULT 0,
    checksum            BYTEA NOT NULL,
    state               TEXT NOT NULL,
    removed_at          TIMESTAMPTZ,
    PRIMARY KEY (org_id, number)
);
CREATE UNIQUE INDEX streams_live ON streams (org_id, connection_id, channel)
    WHERE removed_at IS NULL AND other_connection_id IS NULL;

CREATE TABLE files (
    org_id         UUID NOT NULL,
    id             UUID NOT NULL,
    connection_id  UUID NOT NULL,
    seq            BIGINT NOT NULL,
    bytes          BIGINT NOT NULL,
    deleted_at     TIMESTAMPTZ,
    deleted_by_run UUID,
    row_hash       BYTEA NOT NULL,
    relative_path  TEXT NOT NULL,
    language       TEXT NOT NULL,
    content_hash   TEXT NOT NULL,
    size           BIGINT NOT NULL,
    branch         TEXT,
    PRIMARY KEY (org_id, id)
);
CREATE UNIQUE INDEX files_feed ON files (org_id, connection_id, seq);
CREATE INDEX files_deleted ON files (org_id, connection_id, deleted_at) WHERE deleted_at IS NOT NULL;

-- owned: columns, dependencies and lineage in compact form. bytes, row_count: what the bundle takes
-- on a page.
CREATE TABLE objects (
    org_id         UUID NOT NULL,
    id             UUID NOT NULL,
    connection_id  UUID NOT NULL,
    seq            BIGINT NOT NULL,
    bytes          BIGINT NOT NULL,
    row_count      BIGINT NOT NULL,
    deleted_at     TIMESTAMPTZ,
    deleted_by_run UUID,
    row_hash       BYTEA NOT NULL,
    file_id        UUID,
    branch         TEXT,
    name           TEXT NOT NULL,
    full_name      TEXT NOT NULL,
    object_type    TEXT NOT NULL,
    description    TEXT,
    line_start     BIGINT,
    line_end       BIGINT,
    metadata       TEXT NOT NULL,
    owned          TEXT NOT NULL,
    PRIMARY KEY (org_id, id)
);
CREATE UNIQUE INDEX objects_feed ON objects (org_id, connection_id, seq);
CREATE INDEX objects_deleted ON objects (org_id, connection_id, deleted_at) WHERE deleted_at IS NOT NULL;

-- generated_at is as its author gave it, which its row_hash is of.
CREATE TABLE documentation (
    org_id               UUID NOT NULL,
    id                   UUID NOT NULL,
    connection_id        UUID NOT NULL,
    object_id            UUID NOT NULL,
    seq                  BIGINT NOT NULL,
    bytes                BIGINT NOT NULL,
    deleted_at           TIMESTAMPTZ,
    deleted_by_run       UUID,
    row_hash             BYTEA NOT NULL,
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
CREATE UNIQUE INDEX documentation_feed ON documentation (org_id, connection_id, seq);
CREATE INDEX documentation_deleted ON documentation (org_id, connection_id, deleted_at)
    WHERE deleted_at IS NOT NULL;

-- What a timestamp in an answer names, for clients without cursor: heads of all streams of the
-- organization, and which of them were served. at: microseconds since 1970, strictly increasing.
CREATE TABLE sync_points (
    org_id UUID NOT NULL,
    at     BIGINT NOT NULL,
    digest TEXT NOT NULL,
    heads  TEXT NOT NULL,
    served TEXT NOT NULL,
    PRIMARY KEY (org_id, at)
);
CREATE INDEX sync_points_digest ON sync_points (org_id, digest, at);

-- Lists that the offset pages of plain clients read: fixed at offset 0, kept for ten minutes.
-- owner: a hash of who asked for what. used_at: milliseconds since 1970. head: JSON.
CREATE TABLE offset_lists (
    org_id  UUID NOT NULL,
    id      UUID NOT NULL,
    owner   TEXT NOT NULL,
    used_at BIGINT NOT NULL,
    last    BIGINT NOT NULL,
    next    BIGINT NOT NULL,
    keys    BIGINT NOT NULL,
    head    TEXT NOT NULL,
    PRIMARY KEY (org_id, id)
);
CREATE INDEX offset_lists_owner ON offset_lists (org_id, owner, id);
CREATE TABLE offset_list_parts (
    org_id    UUID NOT NULL,
    list_id   UUID NOT NULL,
    part      BIGINT NOT NULL,
    last_slot BIGINT NOT NULL,
    keys      BYTEA NOT NULL,
    lacking   TEXT NOT NULL,
    PRIMARY KEY (org_id, list_id, part)
);

ALTER TABLE streams ENABLE ROW LEVEL SECURITY;
ALTER TABLE streams FORCE ROW LEVEL SECURITY;
ALTER TABLE files ENABLE ROW LEVEL SECURITY;
ALTER TABLE files FORCE ROW LEVEL SECURITY;
ALTER TABLE objects ENABLE ROW LEVEL SECURITY;
ALTER TABLE objects FORCE ROW LEVEL SECURITY;
ALTER TABLE documentation ENABLE ROW LEVEL SECURITY;
ALTER TABLE documentation FORCE ROW LEVEL SECURITY;
ALTER TABLE sync_points ENABLE ROW LEVEL SECURITY;
ALTER TABLE sync_points FORCE ROW LEVEL SECURITY;
ALTER TABLE offset_lists ENABLE ROW LEVEL SECURITY;
ALTER TABLE offset_lists FORCE ROW LEVEL SECURITY;
ALTER TABLE offset_list_parts ENABLE ROW LEVEL SECURITY;
ALTER TABLE offset_list_parts FORCE ROW LEVEL SECURITY;

CREATE POLICY streams_own ON streams
    USING (org_id = nullif(current_setting('metasync.org_id', true), '')::uuid)
    WITH CHECK (org_id = nullif(current_setting('metasync.org_id', true), '')::uuid);
CREATE POLICY files_own ON files
    USING (org_id = nullif(current_setting('metasync.org_id', true), '')::uuid)
    WITH CHECK (org_id = nullif(current_setting('metasync.org_id', true), '')::uuid);
CREATE POLICY objects_own ON objects
    USING (org_id = nullif(current_setting('metasync.org_id', true), '')::uuid)
    WITH CHECK (org_id = nullif(current_setting('metasync.org_id', true), '')::uuid);
CREATE POLICY documentation_own ON documentation
    USING (org_id = nullif(current_setting('metasync.org_id', true), '')::uuid)
    WITH CHECK (org_id = nullif(current_setting('metasync.org_id', true), '')::uuid);
CREATE POLICY sync_points_own ON sync_points
    USING (org_id = nullif(current_setting('metasync.org_id', true), '')::uuid)
    WITH CHECK (org_id = nullif(current_setting('metasync.org_id', true), '')::uuid);
CREATE POLICY offset_lists_own ON offset_lists
    USING (org_id = nullif(current_setting('metasync.org_id', true), '')::uuid)
    WITH CHECK (org_id = nullif(current_setting('metasync.org_id', true), '')::uuid);
CREATE POLICY offset_list_parts_own ON offset_list_parts
    USING (org_id = nullif(current_setting('metasync.org_id', true), '')::uuid)
    WITH CHECK (org_id = nullif(current_setting('metasync.org_id', true), '')::uuid);

-- The watcher: hears at which heads the streams of all organizations stand, to ring this node's bells
-- where other nodes can't be heard. It reads this table only, which holds nothing of the catalogue.
CREATE POLICY streams_watcher ON streams FOR SELECT
    USING (current_setting('metasync.role', true) = 'watcher');

-- The seed's other three tables, for people who ask with SQL: as those they ask as, and only for the
-- organization that they set with SELECT set_config('metasync.org_id', '…', false).
CREATE VIEW columns WITH (security_invoker = true) AS
SELECT o.org_id, o.connection_id, o.id AS object_id,
       c.value ->> 0 AS name,
       c.ordinal,
       c.value ->> 1 AS data_type,
       c.value ->> 2 AS description
FROM objects o
CROSS JOIN LATERAL jsonb_array_elements(o.owned::jsonb -> 'columns') WITH ORDINALITY AS c (value, ordinal)
WHERE o.deleted_at IS NULL;

CREATE VIEW dependencies WITH (security_invoker = true) AS
SELECT o.org_id, o.connection_id, o.id AS source_object_id,
       (d.value ->> 0)::uuid AS target_object_id,
       d.value ->> 1 AS target_name,
       d.value ->> 2 AS dependency_type
FROM objects o
CROSS JOIN LATERAL jsonb_array_elements(o.owned::jsonb -> 'dependencies') AS d (value)
WHERE o.deleted_at IS NULL;

CREATE VIEW columns_lineage WITH (security_invoker = true) AS
SELECT o.org_id, o.connection_id,
       (l.value ->> 0)::uuid AS source_object_id,
       l.value ->> 1 AS source_name,
       l.value ->> 2 AS source_column,
       o.id AS target_object_id,
       l.value ->> 3 AS target_column,
       l.value ->> 4 AS transformation
FROM objects o
CROSS JOIN LATERAL jsonb_array_elements(o.owned::jsonb -> 'lineage') AS l (value)
WHERE o.deleted_at IS NULL;
