-- The shared library (seed 001). status: synced, new, modified, deleted, conflict. revision counts changes
-- made here, so that a sync does not take for published what was changed meanwhile. base: the row as it was
-- last common with the share, in JSON. created_at, updated_at: texts that travel as they are.
CREATE TABLE library_files (
    org_id         TEXT NOT NULL,
    id             TEXT NOT NULL,
    sha256         TEXT NOT NULL,
    size           INTEGER NOT NULL,
    name           TEXT NOT NULL,
    media_type     TEXT NOT NULL,
    label          TEXT,
    collections    TEXT NOT NULL,
    objects        TEXT NOT NULL,
    deleted        INTEGER NOT NULL,
    version        INTEGER NOT NULL,
    status         TEXT NOT NULL,
    revision       INTEGER NOT NULL,
    base           TEXT,
    -- of the last publication, until a later one builds on it
    pending_commit TEXT,
    pending_base   TEXT,
    created_at     TEXT NOT NULL,
    updated_at     TEXT NOT NULL,
    PRIMARY KEY (org_id, id)
) WITHOUT ROWID;
-- Both counts of the status cost what changed, not what there is.
CREATE INDEX library_unsynced ON library_files (org_id) WHERE status IN ('new', 'modified', 'deleted');
CREATE INDEX library_pending ON library_files (org_id) WHERE pending_commit IS NOT NULL;
CREATE INDEX library_names ON library_files (org_id, name, id) WHERE NOT deleted;

CREATE TABLE library_conflicts (
    org_id      TEXT NOT NULL,
    file_id     TEXT NOT NULL,
    fields      TEXT NOT NULL,
    base        TEXT,
    remote      TEXT NOT NULL,
    detected_at TEXT NOT NULL,
    PRIMARY KEY (org_id, file_id)
) WITHOUT ROWID;

-- Contents by SHA-256, in chunks: nodes share nothing but this database.
CREATE TABLE library_contents (
    org_id     TEXT NOT NULL,
    sha256     TEXT NOT NULL,
    size       INTEGER NOT NULL,
    chunks     TEXT NOT NULL,
    PRIMARY KEY (org_id, sha256)
) WITHOUT ROWID;
CREATE TABLE library_chunks (
    org_id  TEXT NOT NULL,
    id      TEXT NOT NULL,
    number  INTEGER NOT NULL,
    bytes   BLOB NOT NULL,
    PRIMARY KEY (org_id, id, number)
);

-- Where an organization's library stands. place: the share that version and commit_id are of. complete: 0
-- where something of that version is still to be fetched. lease_until: milliseconds since 1970.
CREATE TABLE library_states (
    org_id       TEXT PRIMARY KEY,
    hub_id       TEXT NOT NULL,
    place        TEXT NOT NULL,
    version      INTEGER NOT NULL,
    commit_id    TEXT,
    complete     INTEGER NOT NULL,
    strength     TEXT NOT NULL,
    last_sync_at TEXT,
    lease_owner  TEXT,
    lease_until  INTEGER NOT NULL
) WITHOUT ROWID;
