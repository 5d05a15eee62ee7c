-- Open editor workspaces: the seed's columns with the seed's types, and whose they are (user_id,
-- client_id). The id is the hub's random one, so that it alone as key tells nobody anything.
CREATE TABLE ide_sync_sessions (
    id                   UUID PRIMARY KEY,
    organization_id      UUID NOT NULL,
    user_id              TEXT NOT NULL,
    workspace_identifier TEXT NOT NULL,
    workspace_hash       TEXT,
    client_id            TEXT,
    ide_version          TEXT,
    sync_mode            TEXT DEFAULT 'workspace-aware',
    connection_ids       UUID[],
    last_sync_at         TIMESTAMPTZ,
    sync_status          TEXT DEFAULT 'active',
    total_objects_synced INTEGER DEFAULT 0,
    error_message        TEXT,
    created_at           TIMESTAMPTZ NOT NULL DEFAULT NOW(),
    updated_at           TIMESTAMPTZ NOT NULL DEFAULT NOW()
);
CREATE UNIQUE INDEX ide_sync_sessions_identity ON ide_sync_sessions
    (organization_id, user_id, workspace_identifier, coalesce(workspace_hash, ''), coalesce(client_id, ''));

ALTER TABLE ide_sync_sessions ENABLE ROW LEVEL SECURITY;
ALTER TABLE ide_sync_sessions FORCE ROW LEVEL SECURITY;

CREATE POLICY ide_sync_sessions_own ON ide_sync_sessions
    USING (organization_id = nullif(current_setting('metasync.org_id', true), '')::uuid)
    WITH CHECK (organization_id = nullif(current_setting('metasync.org_id', true), '')::uuid);
