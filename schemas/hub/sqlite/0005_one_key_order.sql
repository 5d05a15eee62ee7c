-- Keys begin with the organization everywhere, as on PostgreSQL, so that one text serves both.

CREATE TABLE index_states_new (
    org_id        TEXT NOT NULL,
    connection_id TEXT NOT NULL,
    branch        TEXT NOT NULL,
    state         TEXT NOT NULL,
    updated_at    TEXT NOT NULL,
    PRIMARY KEY (org_id, connection_id, branch)
);
INSERT INTO index_states_new
SELECT c.org_id, s.connection_id, s.branch, s.state, s.updated_at
FROM index_states s JOIN connections c ON c.id = s.connection_id;
DROP TABLE index_states;
ALTER TABLE index_states_new RENAME TO index_states;

CREATE TABLE run_events_new (
    org_id     TEXT NOT NULL,
    run_id     TEXT NOT NULL,
    id         INTEGER NOT NULL,
    event      TEXT NOT NULL,
    data       TEXT NOT NULL,
    created_at TEXT NOT NULL,
    PRIMARY KEY (run_id, id)
);
INSERT INTO run_events_new
SELECT r.org_id, e.run_id, e.id, e.event, e.data, e.created_at
FROM run_events e JOIN runs r ON r.id = e.run_id;
DROP TABLE run_events;
ALTER TABLE run_events_new RENAME TO run_events;

-- Lists that the offset pages of plain clients read: fixed at offset 0, kept for ten minutes.
-- owner: a hash of who asked for what. used_at: milliseconds since 1970. head: JSON.
CREATE TABLE offset_lists (
    org_id  TEXT NOT NULL,
    id      TEXT NOT NULL,
    owner   TEXT NOT NULL,
    used_at INTEGER NOT NULL,
    last    INTEGER NOT NULL,
    next    INTEGER NOT NULL,
    keys    INTEGER NOT NULL,
    head    TEXT NOT NULL,
    PRIMARY KEY (org_id, id)
);
CREATE INDEX offset_lists_owner ON offset_lists (org_id, owner, id);
CREATE TABLE offset_list_parts (
    org_id    TEXT NOT NULL,
    list_id   TEXT NOT NULL,
    part      INTEGER NOT NULL,
    last_slot INTEGER NOT NULL,
    keys      BLOB NOT NULL,
    lacking   TEXT NOT NULL,
    PRIMARY KEY (org_id, list_id, part)
);
