// Generated from schemas/lsp-extensions.json by `cargo xtask codegen`. Do not edit.

/** What the language server is doing. */
export type State = 'starting' | 'local' | 'syncing' | 'up_to_date' | 'offline' | 'signed_out' | 'error';

/** Notification `metasync/status`, sent at each change; also what `metasync.status` answers. */
export interface StatusParams {
  /** What it is doing. */
  state: State;
  /** For people. */
  message: string;
  /** Whose metadata it is. */
  organization?: OrganizationRef | null;
  /** The connections in use. */
  connections: ConnectionRef[];
  /** Objects in the cache. */
  objects: number;
  /** When the last sync ended well, by the hub's clock. */
  last_sync_at?: string | null;
  /** Address of the hub; only in the answer of the command. */
  hub?: string | null;
  /** Path of the cache; only in the answer of the command. */
  cache?: string | null;
  /** The session at the hub; only in the answer of the command. */
  session_id?: string | null;
}

/** An organization by id and name. */
export interface OrganizationRef {
  /** Its id. */
  id: string;
  /** Its name. */
  name: string;
}

/** A connection by id and name. */
export interface ConnectionRef {
  /** Its id. */
  id: string;
  /** Its name. */
  name: string;
}

/** Answer of `metasync.sync` and `metasync.syncFull`. */
export interface SyncAnswer {
  /** `up_to_date`, `local`, `cancelled`, `offline`, `signed_out`, `error`. */
  state: string;
  /** Objects received. */
  objects: number;
  /** Columns received. */
  columns: number;
  /** Rows deleted. */
  deleted: number;
  /** Pages pulled. */
  pages: number;
  /** Milliseconds. */
  duration_ms: number;
  /** Whether there was nothing new. */
  up_to_date: boolean;
  /** What went wrong, for people. */
  error?: string | null;
}

/** An object as commands answer it. */
export interface ObjectAnswer {
  /** Its id. */
  id: string;
  /** Short name. */
  name: string;
  /** Unique name. */
  full_name: string;
  /** `model`, `source`, …. */
  object_type: string;
  /** What people wrote about it. */
  description?: string | null;
  /** Name of its connection. */
  connection?: string | null;
  /** Relative path of its file. */
  path?: string | null;
  /** First line, from 1. */
  line?: number | null;
}

/** Answer of `metasync.search`. */
export interface SearchAnswer {
  /** Best first. */
  results: ObjectAnswer[];
}

/** Answer of `metasync.lineage`. */
export interface LineageAnswer {
  /** The object asked for. */
  object: ObjectAnswer;
  /** What it is built from. */
  upstream: LineageNode[];
  /** What uses it. */
  downstream: LineageNode[];
}

/** A node of a lineage tree: an object with its own list in the same direction. */
export interface LineageNode {
  /** Its id. */
  id: string;
  /** Short name. */
  name: string;
  /** Unique name. */
  full_name: string;
  /** `model`, `source`, …. */
  object_type: string;
  /** What people wrote about it. */
  description?: string | null;
  /** Name of its connection. */
  connection?: string | null;
  /** Relative path of its file. */
  path?: string | null;
  /** First line, from 1. */
  line?: number | null;
  /** With `column`: the columns concerned. */
  columns?: string[];
  /** What it is built from (in the upstream tree). */
  upstream?: LineageNode[] | null;
  /** What uses it (in the downstream tree). */
  downstream?: LineageNode[] | null;
}

/** Answer of `metasync.history`, newest first. */
export interface HistoryAnswer {
  /** The syncs of this workspace. */
  runs: HistoryRun[];
}

/** One sync. */
export interface HistoryRun {
  /** RFC 3339, UTC. */
  started_at: string;
  /** Why it ran: `start`, `command`, `timer`, `push`, `file_change`, `settings`, …. */
  cause: string;
  /** As `SyncAnswer.state`. */
  state: string;
  /** Objects received. */
  objects: number;
  /** Rows deleted. */
  deleted: number;
  /** Pages pulled. */
  pages: number;
  /** Milliseconds. */
  duration_ms: number;
  /** What went wrong. */
  error?: string | null;
}

/** Answer of `metasync.selectConnections`. */
export interface ConnectionsAnswer {
  /** All connections of the organization. */
  connections: ConnectionChoice[];
}

/** A connection that one may choose. */
export interface ConnectionChoice {
  /** Its id. */
  id: string;
  /** Short name. */
  name: string;
  /** `owner/name`. */
  full_name: string;
  /** As the hub says. */
  status: string;
  /** `exact`, `suggested`, `other`. */
  match: string;
  /** Whether this workspace uses it. */
  selected: boolean;
}

/** Answer of `metasync.doctor`. */
export interface DoctorAnswer {
  /** Whether all checks hold. */
  ok: boolean;
  /** One after the other. */
  checks: DoctorCheck[];
}

/** One check of the doctor. */
export interface DoctorCheck {
  /** `hub`, `token`, `match`, `cache`, `clock`, …. */
  name: string;
  /** Whether it holds. */
  ok: boolean;
  /** What was found. */
  message: string;
  /** What to do; empty where all is well. */
  advice: string;
}

/** All settings. Unknown members are ignored: editors send what they have. */
export interface Settings {
  /** Which hub; none means local mode. */
  hub?: HubSettings;
  /** Bearer token; editors keep it in their secret storage and send it here. */
  token?: string | null;
  /** The background sync. */
  autoSync?: AutoSync;
  /** Names or ids of the connections to use; empty means: by the workspace's match. */
  connections?: string[];
  /** The embedded hub over the workspace itself. */
  local?: LocalSettings;
}

/** Which hub. */
export interface HubSettings {
  /** Such as `https://metadata.example.com`. */
  url?: string | null;
  /** Id or name; may be left out where the user belongs to one only. */
  organization?: string | null;
}

/** The background sync. */
export interface AutoSync {
  /** Whether it runs at all. */
  enabled?: boolean;
  /** Minutes between two syncs, spread by ± 20 %. */
  intervalMinutes?: number;
}

/** Local mode. */
export interface LocalSettings {
  /** Whether the workspace itself is indexed where no hub is configured. */
  enabled?: boolean;
}
