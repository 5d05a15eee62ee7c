-- Who there is, and which sources of metadata an organization sees.
-- Ids are UUIDs as lower-case text; times are RFC 3339 in UTC with microseconds.

CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

CREATE TABLE app_settings (
    key        TEXT PRIMARY KEY,
    value      TEXT NOT NULL,
    updated_at TEXT NOT NULL
);

-- declared = 0: no longer in the configuration; its rows stay, nobody reaches them.
CREATE TABLE organizations (
    id         TEXT PRIMARY KEY,
    name       TEXT NOT NULL,
    declared   INTEGER NOT NULL DEFAULT 1,
    created_at TEXT NOT NULL
);
CREATE INDEX organizations_name ON organizations (name);

CREATE TABLE members (
    org_id  TEXT NOT NULL,
    user_id TEXT NOT NULL,
    role    TEXT NOT NULL,
    PRIMARY KEY (org_id, user_id)
);
CREATE INDEX members_user ON members (user_id);

CREATE TABLE connections (
    org_id            TEXT NOT NULL,
    id                TEXT NOT NULL UNIQUE,
    type              TEXT NOT NULL,
    name              TEXT NOT NULL,
    full_name         TEXT NOT NULL,
    url               TEXT NOT NULL,
    branch            TEXT,
    dialect           TEXT,
    settings          TEXT NOT NULL,
    declared          INTEGER NOT NULL,
    status            TEXT NOT NULL,
    status_message    TEXT,
    last_extracted_at TEXT,
    created_at        TEXT NOT NULL,
    updated_at        TEXT NOT NULL,
    PRIMARY KEY (org_id, id),
    UNIQUE (org_id, full_name)
);

-- What the adapter of a connection remembers of its last complete index, by branch.
CREATE TABLE index_states (
    connection_id TEXT NOT NULL,
    branch        TEXT NOT NULL,
    state         TEXT NOT NULL,
    updated_at    TEXT NOT NULL,
    PRIMARY KEY (connection_id, branch)
);
