-- The one job engine (runs.md). lease_until, due_at: milliseconds since 1970.
CREATE TABLE runs (
    org_id       UUID NOT NULL,
    id           UUID NOT NULL,
    kind         TEXT NOT NULL,
    target       TEXT NOT NULL,
    state        TEXT NOT NULL,
    attempt      BIGINT NOT NULL DEFAULT 0,
    fence        BIGINT NOT NULL DEFAULT 0,
    worker       TEXT,
    lease_until  BIGINT,
    due_at       BIGINT,
    user_id      TEXT NOT NULL,
    cause        TEXT NOT NULL,
    options      TEXT NOT NULL,
    progress     TEXT NOT NULL,
    progress_at  TIMESTAMPTZ,
    checkpoint   TEXT,
    result       TEXT,
    error        TEXT,
    code         TEXT,
    created_at   TIMESTAMPTZ NOT NULL,
    started_at   TIMESTAMPTZ,
    finished_at  TIMESTAMPTZ,
    PRIMARY KEY (org_id, id)
);
CREATE UNIQUE INDEX runs_active ON runs (org_id, kind, target)
    WHERE state IN ('queued', 'running', 'retry_wait', 'cancelling');
-- Ids are in the order of creation. What looks for active runs repeats the condition word for word:
-- the history grows, and they stay few.
CREATE INDEX runs_waiting ON runs (id) WHERE state IN ('queued', 'running', 'retry_wait', 'cancelling');
CREATE INDEX runs_of_target ON runs (org_id, kind, target, id);
-- The engine knows a run by its id alone.
CREATE INDEX runs_id ON runs (id);
CREATE INDEX runs_finished ON runs (finished_at);

CREATE TABLE run_events (
    org_id     UUID NOT NULL,
    run_id     UUID NOT NULL,
    id         BIGINT NOT NULL,
    event      TEXT NOT NULL,
    data       TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (org_id, run_id, id)
);
CREATE INDEX run_events_run ON run_events (run_id, id);

ALTER TABLE runs ENABLE ROW LEVEL SECURITY;
ALTER TABLE runs FORCE ROW LEVEL SECURITY;
ALTER TABLE run_events ENABLE ROW LEVEL SECURITY;
ALTER TABLE run_events FORCE ROW LEVEL SECURITY;

CREATE POLICY runs_own ON runs
    USING (org_id = nullif(current_setting('metasync.org_id', true), '')::uuid)
    WITH CHECK (org_id = nullif(current_setting('metasync.org_id', true), '')::uuid);
CREATE POLICY run_events_own ON run_events
    USING (org_id = nullif(current_setting('metasync.org_id', true), '')::uuid)
    WITH CHECK (org_id = nullif(current_setting('metasync.org_id', true), '')::uuid);

-- The runner: claims whatever waits, of whichever organization, and writes how it goes. What a run
-- writes into the catalogue it writes as its organization: this reaches these two tables only.
CREATE POLICY runs_runner ON runs
    USING (current_setting('metasync.role', true) = 'runner')
    WITH CHECK (current_setting('metasync.role', true) = 'runner');
CREATE POLICY run_events_runner ON run_events
    USING (current_setting('metasync.role', true) = 'runner')
    WITH CHECK (current_setting('metasync.role', true) = 'runner');
