-- The editor's copy of the catalogue (server/cache). Disposable: another `user_version` or
-- `application_id`, or damage, and the file is built anew from the hub.
--
-- Ids from outside (UUIDs) are interned in `ids`: rows name each other by small integers, which
-- keeps what belongs together on neighbouring pages. Ids of columns and edges are not stored at
-- all: they are derived from what they name (metasync_protocol::ids).

-- Position, settings, answers to remember: JSON texts by name.
CREATE TABLE meta (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) WITHOUT ROWID;

-- Past syncs, oldest first: JSON (metasync_protocol::editor::HistoryRun).
CREATE TABLE history (
  key INTEGER PRIMARY KEY,
  run TEXT NOT NULL
);

-- Connections that rows belong to, and what the hub last said about them.
CREATE TABLE connections (
  key INTEGER PRIMARY KEY,
  id BLOB NOT NULL UNIQUE,
  name TEXT,
  full_name TEXT,
  kind TEXT,
  info TEXT, -- JSON (metasync_protocol::connections::Connection)
  revision TEXT -- the commit that the rows are of, or what else their source calls its state
);

-- Live rows and the sum of their hashes, kept up with every page, compared at every checkpoint.
CREATE TABLE streams (
  connection INTEGER NOT NULL,
  other INTEGER NOT NULL, -- the other connection of a pair; else 0
  channel TEXT NOT NULL, -- core, documentation, pair
  rows INTEGER NOT NULL,
  checksum BLOB NOT NULL,
  PRIMARY KEY (connection, other, channel)
) WITHOUT ROWID;

-- UUIDs of files, objects and documentation; also of objects that are only referred to.
CREATE TABLE ids (
  key INTEGER PRIMARY KEY,
  id BLOB NOT NULL UNIQUE
);

-- Names of columns: a catalogue has far fewer names than columns.
CREATE TABLE names (
  key INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  folded TEXT NOT NULL -- lower case
);

CREATE TABLE files (
  key INTEGER PRIMARY KEY, -- ids
  connection INTEGER NOT NULL,
  relative_path TEXT NOT NULL,
  language TEXT NOT NULL,
  content_hash TEXT NOT NULL,
  size INTEGER NOT NULL,
  branch TEXT,
  row_hash BLOB NOT NULL
);
CREATE INDEX files_by_path ON files (relative_path);

CREATE TABLE objects (
  key INTEGER PRIMARY KEY, -- ids
  connection INTEGER NOT NULL,
  file INTEGER, -- ids
  name TEXT NOT NULL,
  folded TEXT NOT NULL, -- name in lower case
  full_name TEXT NOT NULL,
  object_type TEXT NOT NULL,
  description TEXT,
  line_start INTEGER,
  line_end INTEGER,
  branch TEXT,
  row_hash BLOB NOT NULL
);
CREATE INDEX objects_by_name ON objects (folded, object_type);

-- Apart from the objects, so that a search through descriptions need not read it.
CREATE TABLE object_metadata (
  object INTEGER PRIMARY KEY,
  metadata TEXT NOT NULL -- JSON; no row: null
);

CREATE TABLE columns (
  object INTEGER NOT NULL,
  ordinal INTEGER NOT NULL,
  name INTEGER NOT NULL, -- names
  data_type TEXT,
  description TEXT,
  PRIMARY KEY (object, ordinal)
) WITHOUT ROWID;

CREATE TABLE dependencies (
  source INTEGER NOT NULL,
  position INTEGER NOT NULL,
  target INTEGER, -- ids
  target_name TEXT,
  dependency_type TEXT NOT NULL,
  PRIMARY KEY (source, position)
) WITHOUT ROWID;

CREATE TABLE lineage (
  target INTEGER NOT NULL,
  position INTEGER NOT NULL,
  source INTEGER, -- ids
  source_name TEXT,
  source_column TEXT NOT NULL,
  target_column TEXT NOT NULL,
  transformation TEXT NOT NULL,
  PRIMARY KEY (target, position)
) WITHOUT ROWID;

CREATE TABLE documentation (
  key INTEGER PRIMARY KEY, -- ids
  connection INTEGER NOT NULL,
  object INTEGER NOT NULL, -- ids
  executive_summary TEXT,
  business_narrative TEXT,
  transformation_cards TEXT NOT NULL, -- JSON
  code_explanations TEXT NOT NULL, -- JSON
  business_rules TEXT NOT NULL, -- JSON
  impact_analysis TEXT,
  generated_at TEXT NOT NULL,
  model TEXT,
  row_hash BLOB NOT NULL
);
CREATE INDEX documentation_by_object ON documentation (object);

-- Edges between connections are rows of their own, with tombstones of their own. connection, other:
-- their stream.
CREATE TABLE pair_dependencies (
  id BLOB PRIMARY KEY,
  connection INTEGER NOT NULL,
  other INTEGER NOT NULL,
  row_hash BLOB NOT NULL,
  source INTEGER NOT NULL,
  target INTEGER,
  target_name TEXT,
  dependency_type TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX pair_dependencies_by_source ON pair_dependencies (source);
CREATE INDEX pair_dependencies_by_target ON pair_dependencies (target);

CREATE TABLE pair_lineage (
  id BLOB PRIMARY KEY,
  connection INTEGER NOT NULL,
  other INTEGER NOT NULL,
  row_hash BLOB NOT NULL,
  target INTEGER NOT NULL,
  source INTEGER,
  source_name TEXT,
  source_column TEXT NOT NULL,
  target_column TEXT NOT NULL,
  transformation TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX pair_lineage_by_target ON pair_lineage (target);
CREATE INDEX pair_lineage_by_source ON pair_lineage (source);

-- After the first sync: built in one go these cost a fraction of what keeping them up would.
CREATE INDEX IF NOT EXISTS objects_by_full_name ON objects (full_name COLLATE NOCASE);
CREATE INDEX IF NOT EXISTS objects_by_file ON objects (file);
CREATE INDEX IF NOT EXISTS objects_by_type ON objects (object_type, folded);
CREATE INDEX IF NOT EXISTS columns_by_name ON columns (name, object);
CREATE INDEX IF NOT EXISTS dependencies_by_target ON dependencies (target) WHERE target IS NOT NULL;
CREATE INDEX IF NOT EXISTS lineage_by_source ON lineage (source, source_column COLLATE NOCASE)
  WHERE source IS NOT NULL;
CREATE INDEX IF NOT EXISTS dependencies_by_mention ON dependencies (target_name) WHERE dependency_type = 'mention';
