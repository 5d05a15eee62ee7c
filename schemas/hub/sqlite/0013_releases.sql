-- The syncs of releases (seed 000), by the number that people know them by. What became of one stands in
-- its run.
CREATE TABLE release_syncs (
    org_id        TEXT NOT NULL,
    run_id        TEXT NOT NULL,
    id            INTEGER NOT NULL,
    connection_id TEXT NOT NULL,
    release_name  TEXT NOT NULL,
    PRIMARY KEY (org_id, run_id)
) WITHOUT ROWID;
CREATE INDEX release_syncs_id ON release_syncs (id);

-- Tickets with which a browser opens an event stream once. hash: SHA-256; expires_at: milliseconds since 1970.
CREATE TABLE stream_tickets (
    hash       TEXT PRIMARY KEY,
    run_id     TEXT NOT NULL,
    expires_at INTEGER NOT NULL
) WITHOUT ROWID;
