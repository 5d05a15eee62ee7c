// The lineage graph: what is known of it so far, and which part is to be seen. Pure; lives in the page.
import type { ColumnAnswer, LineageAnswer, LineageNode, ObjectAnswer } from '../protocol.gen';
import type { ColumnEdge, ColumnTrace, Direction } from './messages';

/** More boxes than this help nobody, and laying them out takes seconds. */
export const MAX_NODES = 600;

export interface GraphNode {
  readonly object: ObjectAnswer;
  /** Steps from the root: below 0 what it is built from, above what uses it. */
  readonly level: number;
  /** Whether all neighbours on that side are in the graph. */
  readonly complete: Record<Direction, boolean>;
  /** Whether that side is folded away. */
  readonly folded: Record<Direction, boolean>;
  columns: readonly ColumnAnswer[];
  /** Whether its columns are listed. */
  open: boolean;
}

/** Data flows from `from` to `to`. */
export interface GraphEdge { readonly from: string; readonly to: string }

export class LineageGraph {
  readonly nodes = new Map<string, GraphNode>();
  /** How many neighbours an object has, those included that are not drawn. */
  private readonly totals = new Map<string, Record<Direction, number>>();
  private readonly sources = new Map<string, Set<string>>();
  private readonly targets = new Map<string, Set<string>>();
  root = '';
  trace: ColumnTrace | undefined;
  /** Whether objects were left out because there are too many. */
  cut = false;

  /** Begins anew with this answer. */
  start(answer: LineageAnswer): void {
    this.nodes.clear();
    this.sources.clear();
    this.targets.clear();
    this.totals.clear();
    this.trace = undefined;
    this.cut = false;
    this.root = answer.object.id;
    this.add(answer);
  }

  /** Adds the tree of an answer: what it names twice is one node. A side that was not asked for is empty and says nothing. */
  add(answer: LineageAnswer, sides: readonly Direction[] = ['upstream', 'downstream']): void {
    const node = this.node(answer.object, 0);
    if (node === undefined) return;
    for (const side of sides) this.addSide(answer.object.id, node, answer[side], side);
  }

  neighbours(id: string, side: Direction): readonly string[] {
    return [...((side === 'upstream' ? this.sources : this.targets).get(id) ?? [])];
  }

  /** How many neighbours it has as far as is known; more than are drawn where there are too many. */
  count(id: string, side: Direction): number {
    return Math.max(this.totals.get(id)?.[side] ?? 0, this.neighbours(id, side).length);
  }

  /** What a node's knob on one side can do. */
  knob(id: string, side: Direction): 'expand' | 'fold' | undefined {
    const node = this.nodes.get(id);
    if (node === undefined) return undefined;
    if (!node.complete[side]) return 'expand';
    if (this.neighbours(id, side).length === 0) return undefined;
    if (node.folded[side]) return 'expand';
    // Folding the side that leads to the root would hide the node itself.
    return (side === 'upstream' ? node.level <= 0 : node.level >= 0) ? 'fold' : undefined;
  }

  fold(id: string, side: Direction, folded: boolean): void {
    const node = this.nodes.get(id);
    if (node !== undefined) node.folded[side] = folded;
  }

  setColumns(id: string, columns: readonly ColumnAnswer[]): void {
    const node = this.nodes.get(id);
    if (node === undefined) return;
    node.columns = columns;
    node.open = true;
  }

  /** Shows one column's way: its objects come in where they are missing, and list their columns. */
  setTrace(trace: ColumnTrace): void {
    for (const answer of trace.answers) this.addPartial(answer);
    this.trace = trace;
    for (const node of this.nodes.values()) node.open = this.tracedColumns(node.object.id).length > 0;
  }

  clearTrace(): void { this.trace = undefined; }

  /** Columns of an object that the trace touches. */
  tracedColumns(id: string): string[] {
    if (this.trace === undefined) return [];
    const names = new Set<string>();
    if (this.trace.object === id) names.add(this.trace.column);
    for (const edge of this.trace.edges) {
      if (edge.from === id) names.add(edge.fromColumn);
      if (edge.to === id) names.add(edge.toColumn);
    }
    return [...names];
  }

  /** What is reached from the root without crossing a folded side. */
  visible(): { nodes: GraphNode[]; edges: GraphEdge[]; columns: readonly ColumnEdge[] } {
    const seen = new Set<string>();
    const waiting = this.nodes.has(this.root) ? [this.root] : [];
    for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
      if (seen.has(id)) continue;
      seen.add(id);
      for (const side of ['upstream', 'downstream'] as const) {
        if (this.nodes.get(id)?.folded[side]) continue;
        waiting.push(...this.neighbours(id, side));
      }
    }
    const edges = [...seen].flatMap((to) => this.neighbours(to, 'upstream').filter((from) => seen.has(from)).map((from) => ({ from, to })));
    const columns = (this.trace?.edges ?? []).filter(({ from, to }) => seen.has(from) && seen.has(to));
    return { nodes: [...seen].flatMap((id) => this.nodes.get(id) ?? []), edges, columns };
  }

  private addSide(id: string, node: GraphNode, children: readonly LineageNode[] | null | undefined, side: Direction): void {
    if (children === null || children === undefined) return;
    const totals = this.totals.get(id) ?? { upstream: 0, downstream: 0 };
    totals[side] = Math.max(totals[side], children.length);
    this.totals.set(id, totals);
    let all = true;
    for (const child of children) {
      const known = this.node(child, node.level + (side === 'upstream' ? -1 : 1));
      if (known === undefined) { all = false; continue; }
      if (side === 'upstream') this.connect(child.id, id);
      else this.connect(id, child.id);
      this.addSide(child.id, known, child[side], side);
    }
    if (all) node.complete[side] = true;
  }

  /** An answer about one column names only some of the neighbours. */
  private addPartial(answer: LineageAnswer): void {
    const node = this.node(answer.object, 0);
    if (node === undefined) return;
    for (const child of answer.upstream) if (this.node(child, node.level - 1) !== undefined) this.connect(child.id, answer.object.id);
    for (const child of answer.downstream) if (this.node(child, node.level + 1) !== undefined) this.connect(answer.object.id, child.id);
  }

  private node(object: ObjectAnswer, level: number): GraphNode | undefined {
    const known = this.nodes.get(object.id);
    if (known !== undefined) return known;
    if (this.nodes.size >= MAX_NODES) { this.cut = true; return undefined; }
    const node: GraphNode = {
      object,
      level,
      complete: { upstream: false, downstream: false },
      folded: { upstream: false, downstream: false },
      columns: [],
      open: false,
    };
    this.nodes.set(object.id, node);
    return node;
  }

  private connect(from: string, to: string): void {
    if (from === to) return;
    into(this.sources, to, from);
    into(this.targets, from, to);
  }
}

function into(map: Map<string, Set<string>>, key: string, value: string): void {
  const set = map.get(key);
  if (set === undefined) map.set(key, new Set([value]));
  else set.add(value);
}
