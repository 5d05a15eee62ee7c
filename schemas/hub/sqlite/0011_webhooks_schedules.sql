-- Calls that tell somebody of a run's state, once for each state, until they are taken. due_at: milliseconds
-- since 1970, null when there is nothing more to do.
CREATE TABLE webhooks (
    org_id       TEXT NOT NULL,
    id           TEXT NOT NULL,
    run_id       TEXT NOT NULL,
    status       TEXT NOT NULL,
    url          TEXT NOT NULL,
    body         TEXT NOT NULL,
    attempts     INTEGER NOT NULL DEFAULT 0,
    due_at       INTEGER,
    created_at   TEXT NOT NULL,
    delivered_at TEXT,
    error        TEXT,
    PRIMARY KEY (org_id, id)
);
CREATE UNIQUE INDEX webhooks_once ON webhooks (org_id, run_id, status);
CREATE INDEX webhooks_due ON webhooks (id) WHERE due_at IS NOT NULL;

-- When what is done again and again is next. due_at: milliseconds since 1970.
CREATE TABLE schedules (
    org_id TEXT NOT NULL,
    kind   TEXT NOT NULL,
    target TEXT NOT NULL,
    due_at INTEGER NOT NULL,
    PRIMARY KEY (org_id, kind, target)
) WITHOUT ROWID;
