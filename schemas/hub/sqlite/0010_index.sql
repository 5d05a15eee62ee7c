-- What the index remembers of each file, so that a change costs what it touches: the names that the file
-- gives and needs, and the columns that its readers see. branch: '' is the connection's own.
CREATE TABLE index_files (
    org_id        TEXT NOT NULL,
    file_id       TEXT NOT NULL,
    connection_id TEXT NOT NULL,
    branch        TEXT NOT NULL,
    provides      TEXT NOT NULL,
    needs         TEXT NOT NULL,
    exports       TEXT NOT NULL,
    PRIMARY KEY (org_id, file_id)
) WITHOUT ROWID;
CREATE INDEX index_files_connection ON index_files (connection_id);

-- The same names, to be asked who has to do with one.
CREATE TABLE index_names (
    org_id        TEXT NOT NULL,
    connection_id TEXT NOT NULL,
    branch        TEXT NOT NULL,
    name          TEXT NOT NULL,
    file_id       TEXT NOT NULL,
    gives         INTEGER NOT NULL,
    PRIMARY KEY (org_id, connection_id, branch, name, file_id, gives)
) WITHOUT ROWID;

CREATE INDEX objects_file ON objects (org_id, file_id) WHERE deleted_at IS NULL;
