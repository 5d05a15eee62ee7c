-- What syncs of a library tell their clients, for the other nodes of a database that several use: kept for a short
-- while. phase: begin, tell, end. client: left out, all of the user's. at: milliseconds since 1970.
CREATE TABLE library_events (
    org_id  UUID NOT NULL,
    number  BIGINT NOT NULL,
    node    UUID NOT NULL,
    told_to TEXT NOT NULL,
    client  TEXT,
    phase   TEXT NOT NULL,
    name    TEXT NOT NULL,
    data    TEXT NOT NULL,
    at      BIGINT NOT NULL,
    PRIMARY KEY (org_id, number)
);

ALTER TABLE library_events ENABLE ROW LEVEL SECURITY;
ALTER TABLE library_events FORCE ROW LEVEL SECURITY;
CREATE POLICY library_events_own ON library_events
    USING (org_id = nullif(current_setting('metasync.org_id', true), '')::uuid)
    WITH CHECK (org_id = nullif(current_setting('metasync.org_id', true), '')::uuid);
