// Conflicts of the shared library, as `metasync.conflicts` answers them (contract.md, seed 001).

/** One side of a conflict: a row of the library; `text` where the server sends the content. */
export interface LibraryFile {
  readonly name?: string;
  readonly text?: string;
  readonly [field: string]: unknown;
}

export interface Conflict {
  readonly file_id: string;
  /** What differs: `content`, `label`, …. */
  readonly fields: readonly string[];
  /** Before either side changed it; null where it is new on both. */
  readonly base: LibraryFile | null;
  readonly local: LibraryFile | null;
  readonly remote: LibraryFile | null;
  readonly detected_at: string;
}

export interface ConflictsAnswer { readonly conflicts: Conflict[] }

export type Strategy = 'local_wins' | 'remote_wins' | 'keep_both';
