-- The words in each file, for search: lower case, each once, sorted, between spaces.
CREATE TABLE index_words (
    org_id        TEXT NOT NULL,
    file_id       TEXT NOT NULL,
    connection_id TEXT NOT NULL,
    branch        TEXT NOT NULL,
    words         TEXT NOT NULL,
    PRIMARY KEY (org_id, file_id)
);
CREATE INDEX index_words_connection ON index_words (org_id, connection_id);
