-- The words in each file, for search: lower case, each once, sorted, between spaces.
CREATE TABLE index_words (
    org_id        UUID NOT NULL,
    file_id       UUID NOT NULL,
    connection_id UUID NOT NULL,
    branch        TEXT NOT NULL,
    words         TEXT NOT NULL,
    PRIMARY KEY (org_id, file_id)
);
CREATE INDEX index_words_connection ON index_words (org_id, connection_id);

ALTER TABLE index_words ENABLE ROW LEVEL SECURITY;
ALTER TABLE index_words FORCE ROW LEVEL SECURITY;
CREATE POLICY index_words_own ON index_words
    USING (org_id = nullif(current_setting('metasync.org_id', true), '')::uuid)
    WITH CHECK (org_id = nullif(current_setting('metasync.org_id', true), '')::uuid);
