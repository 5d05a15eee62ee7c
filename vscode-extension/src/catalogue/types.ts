// Requests and notifications beside LSP's that the views live on.
import type { ObjectAnswer } from '../protocol.gen';

/** Params of `metasync/objects`: the objects of one connection, page by page. */
export interface ObjectsParams {
  readonly connection: string;
  /** Only those of this `object_type`. */
  readonly type?: string;
  /** Part of a name, whatever its case. */
  readonly filter?: string;
  readonly offset?: number;
  readonly limit?: number;
}

/** Answer of `metasync/objects`. */
export interface ObjectsAnswer {
  readonly objects: ObjectAnswer[];
  /** How many there are on all pages. */
  readonly total: number;
  /** How many there are of each type, whatever `type` asked for. */
  readonly types?: { readonly object_type: string; readonly count: number }[];
}

/** A column, as `metasync/columns` answers it. */
export interface Column {
  readonly name: string;
  readonly data_type: string | null;
  readonly description: string | null;
}

/** Answer of `metasync/columns`, in the order of the object. */
export interface ColumnsAnswer { readonly columns: Column[] }

/** An object that the last sync touched. */
export interface ChangedObject {
  readonly id?: string | null;
  readonly name: string;
  readonly object_type: string;
  readonly path?: string | null;
  readonly connection?: string | null;
  /** For people, such as "2 columns changed". */
  readonly what: string;
  readonly change?: 'added' | 'changed' | 'removed' | null;
}

/** Notification `metasync/changed`, after a sync that changed something. */
export interface ChangedParams {
  readonly objects: ChangedObject[];
  /** One line for the status bar; empty where there is nothing to say. */
  readonly message: string;
}
