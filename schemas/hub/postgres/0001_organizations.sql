-- Who there is, and which sources of metadata an organization sees.
--
-- What holds for all tables of an organization:
-- * Keys begin with the organization: else an error of a duplicate key tells that a row exists.
-- * Row-level security is forced, also on the owner of the table. A transaction says whose rows it is
--   about (metasync.org_id), or which of the few ways across organizations it goes (metasync.role);
--   it says so until its own end. Without either it sees nothing.
-- * Only what other engines have, too: no sequences, triggers, advisory locks or extensions.
-- JSON stands in TEXT: row hashes go by its letters, which JSONB does not keep.

-- The hub's own, nothing of any organization: epoch, keys, counters.
CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

CREATE TABLE app_settings (
    key        TEXT PRIMARY KEY,
    value      TEXT NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL
);

-- declared = false: no longer in the configuration; its rows stay, nobody reaches them.
CREATE TABLE organizations (
    id         UUID PRIMARY KEY,
    name       TEXT NOT NULL,
    declared   BOOLEAN NOT NULL DEFAULT TRUE,
    created_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX organizations_name ON organizations (name);

CREATE TABLE members (
    org_id  UUID NOT NULL,
    user_id TEXT NOT NULL,
    role    TEXT NOT NULL,
    PRIMARY KEY (org_id, user_id)
);
CREATE INDEX members_user ON members (user_id);

CREATE TABLE connections (
    org_id            UUID NOT NULL,
    id                UUID NOT NULL,
    type              TEXT NOT NULL,
    name              TEXT NOT NULL,
    full_name         TEXT NOT NULL,
    url               TEXT NOT NULL,
    branch            TEXT,
    dialect           TEXT,
    settings          TEXT NOT NULL,
    declared          BOOLEAN NOT NULL,
    status            TEXT NOT NULL,
    status_message    TEXT,
    last_extracted_at TIMESTAMPTZ,
    created_at        TIMESTAMPTZ NOT NULL,
    updated_at        TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (org_id, id),
    UNIQUE (org_id, full_name)
);

-- What the adapter of a connection remembers of its last complete index, by branch.
CREATE TABLE index_states (
    org_id        UUID NOT NULL,
    connection_id UUID NOT NULL,
    branch        TEXT NOT NULL,
    state         TEXT NOT NULL,
    updated_at    TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (org_id, connection_id, branch)
);

ALTER TABLE organizations ENABLE ROW LEVEL SECURITY;
ALTER TABLE organizations FORCE ROW LEVEL SECURITY;
ALTER TABLE members ENABLE ROW LEVEL SECURITY;
ALTER TABLE members FORCE ROW LEVEL SECURITY;
ALTER TABLE connections ENABLE ROW LEVEL SECURITY;
ALTER TABLE connections FORCE ROW LEVEL SECURITY;
ALTER TABLE index_states ENABLE ROW LEVEL SECURITY;
ALTER TABLE index_states FORCE ROW LEVEL SECURITY;

CREATE POLICY organizations_own ON organizations
    USING (id = nullif(current_setting('metasync.org_id', true), '')::uuid)
    WITH CHECK (id = nullif(current_setting('metasync.org_id', true), '')::uuid);
CREATE POLICY members_own ON members
    USING (org_id = nullif(current_setting('metasync.org_id', true), '')::uuid)
    WITH CHECK (org_id = nullif(current_setting('metasync.org_id', true), '')::uuid);
CREATE POLICY connections_own ON connections
    USING (org_id = nullif(current_setting('metasync.org_id', true), '')::uuid)
    WITH CHECK (org_id = nullif(current_setting('metasync.org_id', true), '')::uuid);
CREATE POLICY index_states_own ON index_states
    USING (org_id = nullif(current_setting('metasync.org_id', true), '')::uuid)
    WITH CHECK (org_id = nullif(current_setting('metasync.org_id', true), '')::uuid);

-- The directory: signing in (which organizations is this user in?), taking over the configuration,
-- and walking all organizations one after the other. It reaches these two tables only.
CREATE POLICY organizations_directory ON organizations
    USING (current_setting('metasync.role', true) = 'directory')
    WITH CHECK (current_setting('metasync.role', true) = 'directory');
CREATE POLICY members_directory ON members
    USING (current_setting('metasync.role', true) = 'directory')
    WITH CHECK (current_setting('metasync.role', true) = 'directory');
