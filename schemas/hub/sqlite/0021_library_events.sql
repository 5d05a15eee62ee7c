-- What syncs of a library tell their clients, for the other nodes of a database that several use: kept for a short
-- while. phase: begin, tell, end. client: left out, all of the user's. at: milliseconds since 1970.
CREATE TABLE library_events (
    org_id  TEXT NOT NULL,
    number  INTEGER NOT NULL,
    node    TEXT NOT NULL,
    told_to TEXT NOT NULL,
    client  TEXT,
    phase   TEXT NOT NULL,
    name    TEXT NOT NULL,
    data    TEXT NOT NULL,
    at      INTEGER NOT NULL,
    PRIMARY KEY (org_id, number)
) WITHOUT ROWID;
