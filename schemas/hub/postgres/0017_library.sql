-- The shared library (seed 001). status: synced, new, modified, deleted, conflict. revision counts changes
-- made here, so that a sync does not take for published what was changed meanwhile. base: the row as it was
-- last common with the share, in JSON. created_at, updated_at: texts that travel as they are.
CREATE TABLE library_files (
    org_id         UUID NOT NULL,
    id             UUID NOT NULL,
    sha256         TEXT NOT NULL,
    size           BIGINT NOT NULL,
    name           TEXT NOT NULL,
    media_type     TEXT NOT NULL,
    label          TEXT,
    collections    TEXT NOT NULL,
    objects        TEXT NOT NULL,
    deleted        BOOLEAN NOT NULL,
    version        BIGINT NOT NULL,
    status         TEXT NOT NULL,
    revision       BIGINT NOT NULL,
    base           TEXT,
    -- of the last publication, until a later one builds on it
    pending_commit UUID,
    pending_base   TEXT,
    created_at     TEXT NOT NULL,
    updated_at     TEXT NOT NULL,
    PRIMARY KEY (org_id, id)
);
-- Both counts of the status cost what changed, not what there is.
CREATE INDEX library_unsynced ON library_files (org_id) WHERE status IN ('new', 'modified', 'deleted');
CREATE INDEX library_pending ON library_files (org_id) WHERE pending_commit IS NOT NULL;
CREATE INDEX library_names ON library_files (org_id, name, id) WHERE NOT deleted;

CREATE TABLE library_conflicts (
    org_id      UUID NOT NULL,
    file_id     UUID NOT NULL,
    fields      TEXT NOT NULL,
    base        TEXT,
    remote      TEXT NOT NULL,
    detected_at TEXT NOT NULL,
    PRIMARY KEY (org_id, file_id)
);

-- Contents by SHA-256, in chunks: nodes share nothing but this database.
CREATE TABLE library_contents (
    org_id     UUID NOT NULL,
    sha256     TEXT NOT NULL,
    size       BIGINT NOT NULL,
    chunks     UUID NOT NULL,
    PRIMARY KEY (org_id, sha256)
);
CREATE TABLE library_chunks (
    org_id  UUID NOT NULL,
    id      UUID NOT NULL,
    number  BIGINT NOT NULL,
    bytes   BYTEA NOT NULL,
    PRIMARY KEY (org_id, id, number)
);

-- Where an organization's library stands. place: the share that version and commit_id are of. complete: false
-- where something of that version is still to be fetched. lease_until: milliseconds since 1970.
CREATE TABLE library_states (
    org_id       UUID PRIMARY KEY,
    hub_id       UUID NOT NULL,
    place        TEXT NOT NULL,
    version      BIGINT NOT NULL,
    commit_id    UUID,
    complete     BOOLEAN NOT NULL,
    strength     TEXT NOT NULL,
    last_sync_at TEXT,
    lease_owner  UUID,
    lease_until  BIGINT NOT NULL
);

ALTER TABLE library_files ENABLE ROW LEVEL SECURITY;
ALTER TABLE library_files FORCE ROW LEVEL SECURITY;
CREATE POLICY library_files_own ON library_files
    USING (org_id = nullif(current_setting('metasync.org_id', true), '')::uuid)
    WITH CHECK (org_id = nullif(current_setting('metasync.org_id', true), '')::uuid);

ALTER TABLE library_conflicts ENABLE ROW LEVEL SECURITY;
ALTER TABLE library_conflicts FORCE ROW LEVEL SECURITY;
CREATE POLICY library_conflicts_own ON library_conflicts
    USING (org_id = nullif(current_setting('metasync.org_id', true), '')::uuid)
    WITH CHECK (org_id = nullif(current_setting('metasync.org_id', true), '')::uuid);

ALTER TABLE library_contents ENABLE ROW LEVEL SECURITY;
ALTER TABLE library_contents FORCE ROW LEVEL SECURITY;
CREATE POLICY library_contents_own ON library_contents
    USING (org_id = nullif(current_setting('metasync.org_id', true), '')::uuid)
    WITH CHECK (org_id = nullif(current_setting('metasync.org_id', true), '')::uuid);

ALTER TABLE library_chunks ENABLE ROW LEVEL SECURITY;
ALTER TABLE library_chunks FORCE ROW LEVEL SECURITY;
CREATE POLICY library_chunks_own ON library_chunks
    USING (org_id = nullif(current_setting('metasync.org_id', true), '')::uuid)
    WITH CHECK (org_id = nullif(current_setting('metasync.org_id', true), '')::uuid);

ALTER TABLE library_states ENABLE ROW LEVEL SECURITY;
ALTER TABLE library_states FORCE ROW LEVEL SECURITY;
CREATE POLICY library_states_own ON library_states
    USING (org_id = nullif(current_setting('metasync.org_id', true), '')::uuid)
    WITH CHECK (org_id = nullif(current_setting('metasync.org_id', true), '')::uuid);
