-- The commit (or another word of the source for its state) that the rows of a stream are of.
ALTER TABLE streams ADD COLUMN revision TEXT;
