// What the lineage panel and its page say to each other. Pure types, for both sides.
import type { ColumnAnswer, LineageAnswer } from '../protocol.gen';

export type Direction = 'upstream' | 'downstream';

/** One step of a column's lineage: data flows from the first to the second. */
export interface ColumnEdge {
  readonly from: string;
  readonly fromColumn: string;
  readonly to: string;
  readonly toColumn: string;
}

/** Everything that touches one column, in both directions. */
export interface ColumnTrace {
  readonly object: string;
  readonly column: string;
  readonly edges: readonly ColumnEdge[];
  /** The objects on the way, as depth-one answers. */
  readonly answers: readonly LineageAnswer[];
  /** Whether there is more than is followed. */
  readonly cut: boolean;
}

/** From the extension to the page. */
export type ToPage =
  | { readonly type: 'root'; readonly answer: LineageAnswer; readonly column?: string }
  | { readonly type: 'more'; readonly answer: LineageAnswer; readonly direction: Direction }
  | { readonly type: 'columns'; readonly id: string; readonly columns: readonly ColumnAnswer[] }
  | { readonly type: 'trace'; readonly trace: ColumnTrace }
  | { readonly type: 'failed'; readonly message: string }
  /** There is nothing to draw; why. */
  | { readonly type: 'empty'; readonly message: string }
  /** Whether the graph follows the editor. */
  | { readonly type: 'following'; readonly on: boolean };

/** From the page to the extension. Objects are named by ids that the extension sent before. */
export type FromPage =
  | { readonly type: 'ready' }
  | { readonly type: 'open'; readonly id: string }
  | { readonly type: 'expand'; readonly id: string; readonly direction: Direction }
  | { readonly type: 'columns'; readonly id: string }
  | { readonly type: 'trace'; readonly id: string; readonly column: string }
  | { readonly type: 'root'; readonly id: string }
  | { readonly type: 'follow'; readonly on: boolean }
  | { readonly type: 'search' }
  | { readonly type: 'svg'; readonly name: string; readonly text: string };

const STRINGS: Record<FromPage['type'], readonly string[]> = {
  ready: [], open: ['id'], expand: ['id', 'direction'], columns: ['id'], trace: ['id', 'column'], root: ['id'], follow: [], search: [], svg: ['name', 'text'],
};

/** A message of the page, or undefined for what is none. */
export function fromPage(value: unknown): FromPage | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const message = value as Record<string, unknown>;
  const type = message['type'];
  if (typeof type !== 'string' || !Object.hasOwn(STRINGS, type)) return undefined;
  if (STRINGS[type as FromPage['type']].some((name) => typeof message[name] !== 'string')) return undefined;
  if (type === 'expand' && message['direction'] !== 'upstream' && message['direction'] !== 'downstream') return undefined;
  if (type === 'follow' && typeof message['on'] !== 'boolean') return undefined;
  return message as unknown as FromPage;
}
