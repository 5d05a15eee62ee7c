-- Objects without a file (entries of external sources, by the million) need no place in the index of files.
DROP INDEX objects_file;
CREATE INDEX objects_file ON objects (org_id, file_id) WHERE deleted_at IS NULL AND file_id IS NOT NULL;
