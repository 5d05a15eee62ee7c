-- With the status in it the index is what a count of what changed reads, whatever else there is.
DROP INDEX library_unsynced;
CREATE INDEX library_unsynced ON library_files (org_id, status) WHERE status IN ('new', 'modified', 'deleted');
