// Where the boxes go: layers from left to right, by dagre. Pure.
import { Graph, layout } from '@dagrejs/dagre';
import type { GraphEdge, GraphNode } from '../src/lineage/graph';

export const BOX = { header: 44, row: 20, pad: 6 } as const;
/** A box is as wide as its names, within these. */
const WIDTH = { min: 160, max: 340 } as const;
/** Between a box's edges and its text: the mark of its type, and the knobs. */
const EDGES = 30;
/** Between a column's name and its type. */
const BETWEEN = 12;
/** The share of a row that a long type may take where the name is long too. */
const TYPE_SHARE = 0.4;
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
  readonly width: number;
  readonly height: number;
}

/** Fonts of the texts, for measuring. */
export type Font = 'name' | 'type' | 'column';
/** How wide a text is, in the units of the picture. */
export type Measure = (text: string, font: Font) => number;

/** Where there is no canvas: letters of a usual width. */
const roughly: Measure = (text, font) => text.length * (font === 'name' ? 7.6 : font === 'column' ? 6.6 : 6);

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

/** What stands below the name. */
export function kindOf({ object }: GraphNode): string {
  return [object.object_type, object.connection].filter(Boolean).join(' · ');
}

/** As much of a text as fits, without its middle: what tells long names apart stands at their ends. */
export function shorten(text: string, width: number, font: Font, measure: Measure = roughly): string {
  if (measure(text, font) <= width) return text;
  let [least, most] = [1, text.length - 1];
  while (least < most) {
    const letters = Math.ceil((least + most) / 2);
    if (measure(without(text, letters), font) <= width) least = letters;
    else most = letters - 1;
  }
  return without(text, least);
}

function without(text: string, letters: number): string {
  const letter = [...text];
  const front = Math.ceil(letters / 2);
  return `${letter.slice(0, front).join('')}…${letters - front > 0 ? letter.slice(front - letters).join('') : ''}`;
}

/** The places of a row's two texts: the type gives way first. */
export function splitRow(row: Row, width: number, measure: Measure = roughly): { name: number; type: number } {
  const room = width - EDGES + 8;
  const [name, type] = [measure(row.name, 'column'), measure(row.type, 'type')];
  if (row.type === '' || name + BETWEEN + type <= room) return { name: room, type: room };
  const forType = Math.max(Math.min(type, room * TYPE_SHARE), room - BETWEEN - name);
  return { name: room - BETWEEN - Math.min(forType, type), type: Math.min(forType, type) };
}

function widthOf(node: GraphNode, rows: readonly Row[], measure: Measure): number {
  const wanted = Math.max(
    measure(node.object.name, 'name') + EDGES, measure(kindOf(node), 'type') + EDGES,
    ...rows.map((row) => measure(row.name, 'column') + BETWEEN + measure(row.type, 'type') + EDGES - 8),
  );
  return Math.round(Math.max(WIDTH.min, Math.min(WIDTH.max, wanted)));
}

export function place(nodes: readonly GraphNode[], edges: readonly GraphEdge[], traced: (id: string) => readonly string[], measure: Measure = roughly): Picture {
  const graph = new Graph();
  graph.setGraph({ rankdir: 'LR', ranker: nodes.length > BEST_RANKS_MAX ? 'tight-tree' : 'network-simplex', nodesep: 18, ranksep: 70, marginx: 20, marginy: 20 });
  graph.setDefaultEdgeLabel(() => ({}));
  const contents = new Map(nodes.map((node) => [node.object.id, { node, ...rowsOf(node, traced(node.object.id)) }]));
  for (const [id, { node, rows, hidden }] of contents) {
    const lines = rows.length + (hidden > 0 || (node.open && rows.length === 0) ? 1 : 0);
    graph.setNode(id, { width: widthOf(node, rows, measure), height: BOX.header + (lines > 0 ? lines * BOX.row + BOX.pad : 0) });
  }
  for (const { from, to } of edges) graph.setEdge(from, to);
  layout(graph);
  // Boxes above each other are of one width: their edges are in line.
  const widest = new Map<number, number>();
  for (const id of contents.keys()) {
    const { x, width } = graph.node(id);
    widest.set(Math.round(x), Math.max(width, widest.get(Math.round(x)) ?? 0));
  }
  const boxes = new Map<string, Box>();
  for (const [id, content] of contents) {
    const { x, y, height } = graph.node(id);
    const width = widest.get(Math.round(x)) ?? WIDTH.min;
    boxes.set(id, { ...content, x: x - width / 2, y: y - height / 2, width, height });
  }
  const lines = edges.map(({ from, to }) => ({ from, to, points: graph.edge(from, to).points ?? [] }));
  const { width = 0, height = 0 } = graph.graph();
  return { boxes, lines, width, height };
}

/** What lies in the middle of the window, in one direction: what is wanted, but nothing beyond the picture's ends. */
export function middle(window: number, picture: number, wanted: number | undefined): number {
  if (window >= picture || wanted === undefined) return picture / 2;
  return Math.max(window / 2, Math.min(picture - window / 2, wanted));
}
