-- Who gives a name is asked without reading everybody who needs it: the name of a common table
-- expression is needed by half a repository.
CREATE TABLE index_names_new (
    org_id        TEXT NOT NULL,
    connection_id TEXT NOT NULL,
    branch        TEXT NOT NULL,
    name          TEXT NOT NULL,
    file_id       TEXT NOT NULL,
    gives         INTEGER NOT NULL,
    PRIMARY KEY (org_id, connection_id, branch, gives, name, file_id)
) WITHOUT ROWID;
INSERT INTO index_names_new SELECT org_id, connection_id, branch, name, file_id, gives FROM index_names;
DROP TABLE index_names;
ALTER TABLE index_names_new RENAME TO index_names;
