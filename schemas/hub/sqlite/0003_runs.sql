-- The one job engine (runs.md). lease_until, due_at: milliseconds since 1970.
CREATE TABLE runs (
    id           TEXT PRIMARY KEY,
    org_id       TEXT NOT NULL,
    kind         TEXT NOT NULL,
    target       TEXT NOT NULL,
    state        TEXT NOT NULL,
    attempt      INTEGER NOT NULL DEFAULT 0,
    fence        INTEGER NOT NULL DEFAULT 0,
    worker       TEXT,
    lease_until  INTEGER,
    due_at       INTEGER,
    user_id      TEXT NOT NULL,
    cause        TEXT NOT NULL,
    options      TEXT NOT NULL,
    progress     TEXT NOT NULL,
    progress_at  TEXT,
    checkpoint   TEXT,
    result       TEXT,
    error        TEXT,
    code         TEXT,
    created_at   TEXT NOT NULL,
    started_at   TEXT,
    finished_at  TEXT
);
CREATE UNIQUE INDEX runs_active ON runs (org_id, kind, target)
    WHERE state IN ('queued', 'running', 'retry_wait', 'cancelling');
-- Ids are in the order of creation. What looks for active runs repeats the condition word for word:
-- the history grows, and they stay few.
CREATE INDEX runs_waiting ON runs (id) WHERE state IN ('queued', 'running', 'retry_wait', 'cancelling');
CREATE INDEX runs_history ON runs (org_id, id);
CREATE INDEX runs_of_target ON runs (org_id, kind, target, id);

CREATE TABLE run_events (
    run_id     TEXT NOT NULL,
    id         INTEGER NOT NULL,
    event      TEXT NOT NULL,
    data       TEXT NOT NULL,
    created_at TEXT NOT NULL,
    PRIMARY KEY (run_id, id)
);
