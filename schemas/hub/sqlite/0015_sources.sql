-- External sources (seed 003): runs as the seed shows them, beside those of the engine, and what they brought.

-- id: counted over all organizations, never used twice. run_id: the engine's run that works on it now, or did last.
-- errors_listed: rows of sync_errors. is_retryable: of a failed one, whether it may be taken up again.
CREATE TABLE sync_runs (
    org_id            TEXT NOT NULL,
    id                INTEGER NOT NULL,
    run_id            TEXT NOT NULL,
    connection_id     TEXT NOT NULL,
    source_type       TEXT NOT NULL,
    source_identifier TEXT NOT NULL,
    status            TEXT NOT NULL,
    items_processed   INTEGER NOT NULL DEFAULT 0,
    items_failed      INTEGER NOT NULL DEFAULT 0,
    items_skipped     INTEGER NOT NULL DEFAULT 0,
    errors_listed     INTEGER NOT NULL DEFAULT 0,
    is_retryable      INTEGER NOT NULL DEFAULT 0,
    started_at        TEXT,
    completed_at      TEXT,
    sync_metadata     TEXT NOT NULL,
    error_message     TEXT,
    created_at        TEXT NOT NULL,
    updated_at        TEXT NOT NULL,
    PRIMARY KEY (org_id, id)
);
CREATE UNIQUE INDEX sync_runs_run ON sync_runs (run_id);
CREATE INDEX sync_runs_status ON sync_runs (org_id, status, id);
CREATE INDEX sync_runs_connection ON sync_runs (org_id, connection_id, id);

-- id: counted within the run.
CREATE TABLE sync_errors (
    org_id          TEXT NOT NULL,
    sync_run_id     INTEGER NOT NULL,
    id              INTEGER NOT NULL,
    error_type      TEXT NOT NULL,
    error_code      TEXT NOT NULL,
    error_message   TEXT NOT NULL,
    item_identifier TEXT,
    line_number     INTEGER,
    is_retryable    INTEGER NOT NULL,
    created_at      TEXT NOT NULL,
    PRIMARY KEY (org_id, sync_run_id, id)
);

-- Entries. id: that of the object which brings the entry to editors. search_text: what a search looks at, in
-- lower case. last_synced_at: the beginning of the last run that saw the entry.
CREATE TABLE content_index (
    org_id            TEXT NOT NULL,
    id                TEXT NOT NULL,
    connection_id     TEXT NOT NULL,
    content_type      TEXT,
    title             TEXT NOT NULL,
    artist            TEXT,
    genre             TEXT,
    source_type       TEXT NOT NULL,
    source_identifier TEXT NOT NULL,
    external_id       TEXT,
    metadata          TEXT NOT NULL,
    search_text       TEXT NOT NULL,
    is_available      INTEGER NOT NULL,
    last_synced_at    TEXT NOT NULL,
    row_hash          BLOB NOT NULL,
    PRIMARY KEY (org_id, id)
);
CREATE INDEX content_index_connection ON content_index (org_id, connection_id);

CREATE TABLE catalog_items (
    org_id            TEXT NOT NULL,
    id                TEXT NOT NULL,
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
    search_text       TEXT NOT NULL,
    is_available      INTEGER NOT NULL,
    last_synced_at    TEXT NOT NULL,
    row_hash          BLOB NOT NULL,
    PRIMARY KEY (org_id, id)
);
CREATE INDEX catalog_items_connection ON catalog_items (org_id, connection_id);
