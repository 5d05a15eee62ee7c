-- Who gives a name is asked without reading everybody who needs it: the name of a common table
-- expression is needed by half a repository.
ALTER TABLE index_names DROP CONSTRAINT index_names_pkey;
ALTER TABLE index_names ADD PRIMARY KEY (org_id, connection_id, branch, gives, name, file_id);
