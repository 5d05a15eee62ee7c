-- Entries are found through an index of their words instead of by looking at each one. The texts that a search
-- looked at are not kept twice any more.
ALTER TABLE content_index DROP COLUMN search_text;
ALTER TABLE catalog_items DROP COLUMN search_text;
DROP INDEX content_index_connection;
CREATE INDEX content_index_connection ON content_index (org_id, connection_id, is_available);
DROP INDEX catalog_items_connection;
CREATE INDEX catalog_items_connection ON catalog_items (org_id, connection_id, is_available);

-- word: as the hub cuts them; compared byte by byte, so that a beginning is a range. No text search of the database's
-- own: its operators are no leakproof ones, so that no index of them is used below row-level security.
CREATE TABLE content_index_words (
    org_id   UUID NOT NULL,
    entry_id UUID NOT NULL,
    word     TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (org_id, entry_id, word)
);
CREATE INDEX content_index_words_word ON content_index_words (org_id, word, entry_id);
CREATE TABLE catalog_items_words (
    org_id   UUID NOT NULL,
    entry_id UUID NOT NULL,
    word     TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (org_id, entry_id, word)
);
CREATE INDEX catalog_items_words_word ON catalog_items_words (org_id, word, entry_id);

-- Words without digits that entries hold or held: where nothing bears a word, those that look like it.
CREATE TABLE entry_vocabulary (
    org_id UUID NOT NULL,
    word   TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (org_id, word)
);

ALTER TABLE content_index_words ENABLE ROW LEVEL SECURITY;
ALTER TABLE content_index_words FORCE ROW LEVEL SECURITY;
CREATE POLICY content_index_words_own ON content_index_words
    USING (org_id = nullif(current_setting('metasync.org_id', true), '')::uuid)
    WITH CHECK (org_id = nullif(current_setting('metasync.org_id', true), '')::uuid);
ALTER TABLE catalog_items_words ENABLE ROW LEVEL SECURITY;
ALTER TABLE catalog_items_words FORCE ROW LEVEL SECURITY;
CREATE POLICY catalog_items_words_own ON catalog_items_words
    USING (org_id = nullif(current_setting('metasync.org_id', true), '')::uuid)
    WITH CHECK (org_id = nullif(current_setting('metasync.org_id', true), '')::uuid);
ALTER TABLE entry_vocabulary ENABLE ROW LEVEL SECURITY;
ALTER TABLE entry_vocabulary FORCE ROW LEVEL SECURITY;
CREATE POLICY entry_vocabulary_own ON entry_vocabulary
    USING (org_id = nullif(current_setting('metasync.org_id', true), '')::uuid)
    WITH CHECK (org_id = nullif(current_setting('metasync.org_id', true), '')::uuid);
