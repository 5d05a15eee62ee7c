-- Calls that tell somebody of a run's state, once for each state, until they are taken. due_at: milliseconds
-- since 1970, null when there is nothing more to do.
CREATE TABLE webhooks (
    org_id       UUID NOT NULL,
    id           UUID NOT NULL,
    run_id       UUID NOT NULL,
    status       TEXT NOT NULL,
    url          TEXT NOT NULL,
    body         TEXT NOT NULL,
    attempts     BIGINT NOT NULL DEFAULT 0,
    due_at       BIGINT,
    created_at   TIMESTAMPTZ NOT NULL,
    delivered_at TIMESTAMPTZ,
    error        TEXT,
    PRIMARY KEY (org_id, id)
);
CREATE UNIQUE INDEX webhooks_once ON webhooks (org_id, run_id, status);
CREATE INDEX webhooks_due ON webhooks (id) WHERE due_at IS NOT NULL;

ALTER TABLE webhooks ENABLE ROW LEVEL SECURITY;
ALTER TABLE webhooks FORCE ROW LEVEL SECURITY;
CREATE POLICY webhooks_own ON webhooks
    USING (org_id = nullif(current_setting('metasync.org_id', true), '')::uuid)
    WITH CHECK (org_id = nullif(current_setting('metasync.org_id', true), '')::uuid);
CREATE POLICY webhooks_runner ON webhooks
    USING (current_setting('metasync.role', true) = 'runner')
    WITH CHECK (current_setting('metasync.role', true) = 'runner');

-- When what is done again and again is next. due_at: milliseconds since 1970.
CREATE TABLE schedules (
    org_id UUID NOT NULL,
    kind   TEXT NOT NULL,
    target TEXT NOT NULL,
    due_at BIGINT NOT NULL,
    PRIMARY KEY (org_id, kind, target)
);
ALTER TABLE schedules ENABLE ROW LEVEL SECURITY;
ALTER TABLE schedules FORCE ROW LEVEL SECURITY;
CREATE POLICY schedules_own ON schedules
    USING (org_id = nullif(current_setting('metasync.org_id', true), '')::uuid)
    WITH CHECK (org_id = nullif(current_setting('metasync.org_id', true), '')::uuid);
