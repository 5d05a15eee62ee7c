-- Open editor workspaces: the seed's columns, and whose they are.
CREATE TABLE ide_sync_sessions (
    id                   TEXT PRIMARY KEY,
    organization_id      TEXT NOT NULL,
    user_id              TEXT NOT NULL,
    workspace_identifier TEXT NOT NULL,
    workspace_hash       TEXT,
    client_id            TEXT,
    ide_version          TEXT,
    sync_mode            TEXT NOT NULL DEFAULT 'workspace-aware',
    connection_ids       TEXT NOT NULL DEFAULT '[]',
    last_sync_at         TEXT,
    sync_status          TEXT NOT NULL DEFAULT 'active',
    total_objects_synced INTEGER NOT NULL DEFAULT 0,
    error_message        TEXT,
    created_at           TEXT NOT NULL,
    updated_at           TEXT NOT NULL
);
CREATE UNIQUE INDEX ide_sync_sessions_identity ON ide_sync_sessions
    (organization_id, user_id, workspace_identifier, coalesce(workspace_hash, ''), coalesce(client_id, ''));
