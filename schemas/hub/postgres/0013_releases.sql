-- The syncs of releases (seed 000), by the number that people know them by. What became of one stands in
-- its run.
CREATE TABLE release_syncs (
    org_id        UUID NOT NULL,
    run_id        UUID NOT NULL,
    id            BIGINT NOT NULL,
    connection_id UUID NOT NULL,
    release_name  TEXT NOT NULL,
    PRIMARY KEY (org_id, run_id)
);
CREATE INDEX release_syncs_id ON release_syncs (id);

ALTER TABLE release_syncs ENABLE ROW LEVEL SECURITY;
ALTER TABLE release_syncs FORCE ROW LEVEL SECURITY;
CREATE POLICY release_syncs_own ON release_syncs
    USING (org_id = nullif(current_setting('metasync.org_id', true), '')::uuid)
    WITH CHECK (org_id = nullif(current_setting('metasync.org_id', true), '')::uuid);
-- The operator, who has the PIN, sees those of all organizations, as the run engine does.
CREATE POLICY release_syncs_runner ON release_syncs
    USING (current_setting('metasync.role', true) = 'runner')
    WITH CHECK (current_setting('metasync.role', true) = 'runner');

-- The hub's own. Tickets with which a browser opens an event stream once. hash: SHA-256; expires_at:
-- milliseconds since 1970.
CREATE TABLE stream_tickets (
    hash       TEXT PRIMARY KEY,
    run_id     UUID NOT NULL,
    expires_at BIGINT NOT NULL
);
