// Where the boxes go: layers from left to right, by dagre. Pure.
import { Graph, layout } from '@dagrejs/dagre';
import type { GraphEdge, GraphNode } from '../src/lineage/graph';

export const BOX = { width: 200, header: 44, row: 20, pad: 6 } as const;
/** Rows of columns in one box; the rest is told by a number. */
export const MAX_ROWS = 40;

/** Beyond so many boxes the best ranks take longer (660 ms for 350) than they are worth (230 ms). */
const BEST_RANKS_MAX = 150;

export interface Row { readonly name: string; readonly type: string; readonly traced: boolean }

export interface Box {
  readonly node: GraphNode;
  readonly rows: readonly Row[];
  /** Columns that are not listed. */
  readonly hidden: number;
  readonly x: number;
  readonly y: number;
  readonly height: number;
}

export interface Point { readonly x: number; readonly y: number }
export interface Line extends GraphEdge { readonly points: readonly Point[] }
export interface Picture { readonly boxes: ReadonlyMap<string, Box>; readonly lines: readonly Line[]; readonly width: number; readonly height: number }

/** Columns of a box: those of the trace first in their own order, the rest only where the box is open. */
export function rowsOf(node: GraphNode, traced: readonly string[]): { rows: Row[]; hidden: number } {
  const touched = new Set(traced);
  const known = node.columns.map(({ name, data_type }) => ({ name, type: data_type ?? '', traced: touched.has(name) }));
  const unknown = traced.filter((name) => !node.columns.some((column) => column.name === name)).map((name) => ({ name, type: '', traced: true }));
  if (!node.open) return { rows: [], hidden: 0 };
  const all = [...known, ...unknown];
  if (all.length <= MAX_ROWS) return { rows: all, hidden: 0 };
  const rows = [...all.filter((row) => row.traced), ...all.filter((row) => !row.traced)].slice(0, MAX_ROWS);
  return { rows, hidden: all.length - rows.length };
}

export function place(nodes: readonly GraphNode[], edges: readonly GraphEdge[], traced: (id: string) => readonly string[]): Picture {
  const graph = new Graph();
  graph.setGraph({ rankdir: 'LR', ranker: nodes.length > BEST_RANKS_MAX ? 'tight-tree' : 'network-simplex', nodesep: 18, ranksep: 70, marginx: 20, marginy: 20 });
  graph.setDefaultEdgeLabel(() => ({}));
  const contents = new Map(nodes.map((node) => [node.object.id, { node, ...rowsOf(node, traced(node.object.id)) }]));
  for (const [id, { node, rows, hidden }] of contents) {
    const lines = rows.length + (hidden > 0 || (node.open && rows.length === 0) ? 1 : 0);
    graph.setNode(id, { width: BOX.width, height: BOX.header + (lines > 0 ? lines * BOX.row + BOX.pad : 0) });
  }
  for (const { from, to } of edges) graph.setEdge(from, to);
  layout(graph);
  const boxes = new Map<string, Box>();
  for (const [id, content] of contents) {
    const { x, y, height } = graph.node(id);
    boxes.set(id, { ...content, x: x - BOX.width / 2, y: y - height / 2, height });
  }
  const lines = edges.map(({ from, to }) => ({ from, to, points: graph.edge(from, to).points ?? [] }));
  const { width = 0, height = 0 } = graph.graph();
  return { boxes, lines, width, height };
}
