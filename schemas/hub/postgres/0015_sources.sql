-- External sources (seed 003): runs as the seed shows them, beside those of the engine, and what they brought.

-- id: counted over all organizations, never used twice. run_id: the engine's run that works on it now, or did last.
-- errors_listed: rows of sync_errors. is_retryable: of a failed one, whether it may be taken up again.
CREATE TABLE sync_runs (
    org_id            UUID NOT NULL,
    id                BIGINT NOT NULL,
    run_id            UUID NOT NULL,
    connection_id     UUID NOT NULL,
    source_type       TEXT NOT NULL,
    source_identifier TEXT NOT NULL,
    status            TEXT NOT NULL,
    items_processed   BIGINT NOT NULL DEFAULT 0,
    items_failed      BIGINT NOT NULL DEFAULT 0,
    items_skipped     BIGINT NOT NULL DEFAULT 0,
    errors_listed     BIGINT NOT NULL DEFAULT 0,
    is_retryable      BOOLEAN NOT NULL DEFAULT FALSE,
    started_at        TIMESTAMPTZ,
    completed_at      TIMESTAMPTZ,
    sync_metadata     TEXT NOT NULL,
    error_message     TEXT,
    created_at        TIMESTAMPTZ NOT NULL,
    updated_at        TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (org_id, id)
);
CREATE UNIQUE INDEX sync_runs_run ON sync_runs (org_id, run_id);
CREATE INDEX sync_runs_status ON sync_runs (org_id, status, id);
CREATE INDEX sync_runs_connection ON sync_runs (org_id, connection_id, id);

-- id: counted within the run.
CREATE TABLE sync_errors (
    org_id          UUID NOT NULL,
    sync_run_id     BIGINT NOT NULL,
    id              BIGINT NOT NULL,
    error_type      TEXT NOT NULL,
    error_code      TEXT NOT NULL,
    error_message   TEXT NOT NULL,
    item_identifier TEXT,
    line_number     BIGINT,
    is_retryable    BOOLEAN NOT NULL,
    created_at      TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (org_id, sync_run_id, id)
);

-- Entries. id: that of the object which brings the entry to editors. search_text: what a search looks at, in
-- lower case. last_synced_at: the beginning of the last run that saw the entry.
CREATE TABLE content_index (
    org_id            UUID NOT NULL,
    id                UUID NOT NULL,
    connection_id     UUID NOT NULL,
    content_type      TEXT,
    title             TEXT NOT NULL,
    artist            TEXT,
    genre             TEXT,
    source_type       TEXT NOT NULL,
    source_identifier TEXT NOT NULL,
    external_id       TEXT,
    metadata          TEXT NOT NULL,
    search_text       TEXT NOT NULL,
    is_available      BOOLEAN NOT NULL,
    last_synced_at    TIMESTAMPTZ NOT NULL,
    row_hash          BYTEA NOT NULL,
    PRIMARY KEY (org_id, id)
);
CREATE INDEX content_index_connection ON content_index (org_id, connection_id);

CREATE TABLE catalog_items (
    org_id            UUID NOT NULL,
    id                UUID NOT NULL,
    connection_id     UUID NOT NULL,
    category_id       TEXT NOT NULL,
    capacity          TEXT NOT NULL,
    capacity_gb       DOUBLE PRECISION,
    price             DOUBLE PRECISION,
    content_count     BIGINT,
    content_unit      TEXT,
    is_active         BOOLEAN,
    is_popular        BOOLEAN,
    source_type       TEXT NOT NULL,
    source_identifier TEXT NOT NULL,
    metadata          TEXT NOT NULL,
    search_text       TEXT NOT NULL,
    is_available      BOOLEAN NOT NULL,
    last_synced_at    TIMESTAMPTZ NOT NULL,
    row_hash          BYTEA NOT NULL,
    PRIMARY KEY (org_id, id)
);
CREATE INDEX catalog_items_connection ON catalog_items (org_id, connection_id);

-- The engine knows a run by its id alone.
CREATE INDEX sync_runs_run_alone ON sync_runs (run_id);

ALTER TABLE sync_runs ENABLE ROW LEVEL SECURITY;
ALTER TABLE sync_runs FORCE ROW LEVEL SECURITY;
CREATE POLICY sync_runs_own ON sync_runs
    USING (org_id = nullif(current_setting('metasync.org_id', true), '')::uuid)
    WITH CHECK (org_id = nullif(current_setting('metasync.org_id', true), '')::uuid);
ALTER TABLE sync_errors ENABLE ROW LEVEL SECURITY;
ALTER TABLE sync_errors FORCE ROW LEVEL SECURITY;
CREATE POLICY sync_errors_own ON sync_errors
    USING (org_id = nullif(current_setting('metasync.org_id', true), '')::uuid)
    WITH CHECK (org_id = nullif(current_setting('metasync.org_id', true), '')::uuid);
ALTER TABLE content_index ENABLE ROW LEVEL SECURITY;
ALTER TABLE content_index FORCE ROW LEVEL SECURITY;
CREATE POLICY content_index_own ON content_index
    USING (org_id = nullif(current_setting('metasync.org_id', true), '')::uuid)
    WITH CHECK (org_id = nullif(current_setting('metasync.org_id', true), '')::uuid);
ALTER TABLE catalog_items ENABLE ROW LEVEL SECURITY;
ALTER TABLE catalog_items FORCE ROW LEVEL SECURITY;
CREATE POLICY catalog_items_own ON catalog_items
    USING (org_id = nullif(current_setting('metasync.org_id', true), '')::uuid)
    WITH CHECK (org_id = nullif(current_setting('metasync.org_id', true), '')::uuid);

-- What the engine does to a run shows in the seed's table at once.
CREATE POLICY sync_runs_runner ON sync_runs
    USING (current_setting('metasync.role', true) = 'runner')
    WITH CHECK (current_setting('metasync.role', true) = 'runner');
