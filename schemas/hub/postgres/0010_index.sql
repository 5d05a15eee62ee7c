-- What the index remembers of each file, so that a change costs what it touches: the names that the file
-- gives and needs, and the columns that its readers see. branch: '' is the connection's own.
CREATE TABLE index_files (
    org_id        UUID NOT NULL,
    file_id       UUID NOT NULL,
    connection_id UUID NOT NULL,
    branch        TEXT NOT NULL,
    provides      TEXT NOT NULL,
    needs         TEXT NOT NULL,
    exports       TEXT NOT NULL,
    PRIMARY KEY (org_id, file_id)
);
CREATE INDEX index_files_connection ON index_files (org_id, connection_id);

-- The same names, to be asked who has to do with one.
CREATE TABLE index_names (
    org_id        UUID NOT NULL,
    connection_id UUID NOT NULL,
    branch        TEXT NOT NULL,
    name          TEXT NOT NULL,
    file_id       UUID NOT NULL,
    gives         BIGINT NOT NULL,
    PRIMARY KEY (org_id, connection_id, branch, name, file_id, gives)
);

CREATE INDEX objects_file ON objects (org_id, file_id) WHERE deleted_at IS NULL;

ALTER TABLE index_files ENABLE ROW LEVEL SECURITY;
ALTER TABLE index_files FORCE ROW LEVEL SECURITY;
ALTER TABLE index_names ENABLE ROW LEVEL SECURITY;
ALTER TABLE index_names FORCE ROW LEVEL SECURITY;
CREATE POLICY index_files_own ON index_files
    USING (org_id = nullif(current_setting('metasync.org_id', true), '')::uuid)
    WITH CHECK (org_id = nullif(current_setting('metasync.org_id', true), '')::uuid);
CREATE POLICY index_names_own ON index_names
    USING (org_id = nullif(current_setting('metasync.org_id', true), '')::uuid)
    WITH CHECK (org_id = nullif(current_setting('metasync.org_id', true), '')::uuid);
