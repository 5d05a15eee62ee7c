-- Edges between two connections: streams of their own (sync-protocol.md, "Model").

-- A pair stream names both of its connections, the smaller id first.
CREATE UNIQUE INDEX streams_pairs ON streams (org_id, connection_id, other_connection_id)
    WHERE removed_at IS NULL AND other_connection_id IS NOT NULL;

-- Names by which connections may know each other's objects. side: 'has', a relation that is there, or
-- 'wants', one that its own connection does not define. key: the last two parts of the name.
CREATE TABLE relation_names (
    org_id        UUID NOT NULL,
    object_id     UUID NOT NULL,
    side          TEXT NOT NULL,
    name          TEXT NOT NULL,
    key           TEXT NOT NULL,
    connection_id UUID NOT NULL,
    PRIMARY KEY (org_id, object_id, side, name)
);
CREATE INDEX relation_names_key ON relation_names (org_id, key, side);
CREATE INDEX relation_names_connection ON relation_names (org_id, connection_id);

-- The edges: always what names and objects say. owner_id: the object that wants. edge: the row as JSON;
-- kind: 0 a dependency, 1 column lineage.
CREATE TABLE pair_edges (
    org_id              UUID NOT NULL,
    id                  UUID NOT NULL,
    connection_id       UUID NOT NULL,
    other_connection_id UUID NOT NULL,
    seq                 BIGINT NOT NULL,
    bytes               BIGINT NOT NULL,
    deleted_at          TIMESTAMPTZ,
    deleted_by_run      UUID,
    row_hash            BYTEA NOT NULL,
    kind                BIGINT NOT NULL,
    owner_id            UUID NOT NULL,
    edge                TEXT NOT NULL,
    PRIMARY KEY (org_id, id)
);
CREATE UNIQUE INDEX pair_edges_feed ON pair_edges (org_id, connection_id, other_connection_id, seq);
CREATE INDEX pair_edges_owner ON pair_edges (org_id, owner_id);
CREATE INDEX pair_edges_other ON pair_edges (org_id, other_connection_id);

ALTER TABLE relation_names ENABLE ROW LEVEL SECURITY;
ALTER TABLE relation_names FORCE ROW LEVEL SECURITY;
ALTER TABLE pair_edges ENABLE ROW LEVEL SECURITY;
ALTER TABLE pair_edges FORCE ROW LEVEL SECURITY;

CREATE POLICY relation_names_own ON relation_names
    USING (org_id = nullif(current_setting('metasync.org_id', true), '')::uuid)
    WITH CHECK (org_id = nullif(current_setting('metasync.org_id', true), '')::uuid);
CREATE POLICY pair_edges_own ON pair_edges
    USING (org_id = nullif(current_setting('metasync.org_id', true), '')::uuid)
    WITH CHECK (org_id = nullif(current_setting('metasync.org_id', true), '')::uuid);
