import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LineageGraph, MAX_NODES } from '../src/lineage/graph';
import { fromPage } from '../src/lineage/messages';
import { traceColumn } from '../src/lineage/trace';
import type { LineageAnswer, LineageNode } from '../src/protocol.gen';
import { nearest } from '../webview/keys';
import { MAX_ROWS, place, rowsOf } from '../webview/layout';

const object = (name: string) => ({ id: name, name, full_name: `shop.${name}`, object_type: 'model', description: null, connection: 'shop', path: `${name}.sql`, line: 1 });
const up = (name: string, upstream?: LineageNode[], columns?: string[]): LineageNode => ({ ...object(name), ...(upstream === undefined ? {} : { upstream }), ...(columns === undefined ? {} : { columns }) });
const down = (name: string, downstream?: LineageNode[]): LineageNode => ({ ...object(name), ...(downstream === undefined ? {} : { downstream }) });
const ids = (graph: LineageGraph) => graph.visible().nodes.map((node) => node.object.id).sort();
const edges = (graph: LineageGraph) => graph.visible().edges.map(({ from, to }) => `${from}>${to}`).sort();

/** raw → left, right → mart → report; the diamond comes as a tree. */
function diamond(): LineageGraph {
  const graph = new LineageGraph();
  graph.start({ object: object('mart'), upstream: [up('left', [up('raw', [])]), up('right', [up('raw', [])])], downstream: [down('report')] });
  return graph;
}

test('what a tree names twice is one box', () => {
  const graph = diamond();
  assert.deepEqual(ids(graph), ['left', 'mart', 'raw', 'report', 'right']);
  assert.deepEqual(edges(graph), ['left>mart', 'mart>report', 'raw>left', 'raw>right', 'right>mart']);
});

test('knobs: unknown sides unfold, known ones fold, empty ones have none', () => {
  const graph = diamond();
  assert.equal(graph.knob('report', 'downstream'), 'expand');
  assert.equal(graph.knob('left', 'upstream'), 'fold');
  assert.equal(graph.knob('raw', 'upstream'), undefined);
  graph.add({ object: object('report'), upstream: [], downstream: [] }, ['downstream']);
  assert.equal(graph.knob('report', 'downstream'), undefined);
});

test('folding hides what is reached by that side only', () => {
  const graph = diamond();
  graph.fold('left', 'upstream', true);
  assert.deepEqual(ids(graph), ['left', 'mart', 'raw', 'report', 'right'], 'raw is still reached by right');
  graph.fold('right', 'upstream', true);
  assert.deepEqual(ids(graph), ['left', 'mart', 'report', 'right']);
  graph.fold('right', 'upstream', false);
  assert.deepEqual(ids(graph), ['left', 'mart', 'raw', 'report', 'right']);
});

test('the side towards the root offers no fold: the box would hide itself', () => {
  const graph = diamond();
  graph.add({ object: object('report'), upstream: [up('mart')], downstream: [] }, ['upstream']);
  assert.equal(graph.knob('report', 'upstream'), undefined);
  assert.equal(graph.knob('mart', 'upstream'), 'fold');
});

test('a circle ends, and a thing that uses itself is no line', () => {
  const graph = new LineageGraph();
  graph.start({ object: object('a'), upstream: [up('b', [up('a', [up('b')])]), up('a')], downstream: [] });
  assert.deepEqual(ids(graph), ['a', 'b']);
  assert.deepEqual(edges(graph), ['a>b', 'b>a']);
  assert.equal(place(graph.visible().nodes, graph.visible().edges, () => []).boxes.size, 2);
});

test('too many are cut, and it is said', () => {
  const graph = new LineageGraph();
  graph.start({ object: object('a'), upstream: Array.from({ length: MAX_NODES + 50 }, (_, i) => up(`n${i}`)), downstream: [] });
  assert.equal(graph.nodes.size, MAX_NODES);
  assert.ok(graph.cut);
  assert.equal(graph.knob('a', 'upstream'), 'expand');
});

test('data flows from left to right', () => {
  const graph = diamond();
  const { boxes, lines } = place(graph.visible().nodes, graph.visible().edges, () => []);
  for (const { from, to } of lines) assert.ok((boxes.get(from)?.x ?? 0) < (boxes.get(to)?.x ?? 0), `${from} is not left of ${to}`);
});

test('boxes do not lie upon each other, with columns listed too', () => {
  const graph = diamond();
  graph.setColumns('left', Array.from({ length: 12 }, (_, i) => ({ name: `c${i}`, data_type: 'int', description: null })));
  const boxes = [...place(graph.visible().nodes, graph.visible().edges, () => []).boxes.values()];
  for (const a of boxes) for (const b of boxes) {
    if (a === b || a.x !== b.x) continue;
    assert.ok(a.y + a.height <= b.y || b.y + b.height <= a.y);
  }
});

test('a box lists so many columns, those of the trace for sure', () => {
  const graph = diamond();
  graph.setColumns('left', Array.from({ length: MAX_ROWS + 10 }, (_, i) => ({ name: `c${i}`, data_type: 'int', description: null })));
  const node = graph.nodes.get('left');
  assert.ok(node);
  const { rows, hidden } = rowsOf(node, [`c${MAX_ROWS + 9}`]);
  assert.equal(rows.length, MAX_ROWS);
  assert.equal(hidden, 10);
  assert.equal(rows[0]?.name, `c${MAX_ROWS + 9}`);
});

test('a column is followed step by step: which leads to which is exact', async () => {
  const steps: Record<string, Record<string, [string, string][]>> = {
    'shop.mart.total': { upstream: [['left', 'a'], ['left', 'b']], downstream: [['report', 'sum']] },
    'shop.left.a': { upstream: [['raw', 'x']] },
    'shop.left.b': { upstream: [['raw', 'x'], ['raw', '*']] },
  };
  const trace = await traceColumn(async (name, { direction, column }) => {
    const nodes = (steps[`${name}.${column}`]?.[direction] ?? []).map(([id, of]) => up(id, undefined, [of]));
    const answer: LineageAnswer = { object: object(name.slice(5)), upstream: [], downstream: [] };
    answer[direction] = nodes;
    return answer;
  }, { id: 'mart', name: 'shop.mart', column: 'total' });
  assert.deepEqual(trace.edges.map(({ from, fromColumn, to, toColumn }) => `${from}.${fromColumn}>${to}.${toColumn}`), [
    'left.a>mart.total', 'left.b>mart.total', 'raw.x>left.a', 'raw.x>left.b', 'mart.total>report.sum',
  ]);
  assert.ok(!trace.cut);
  const graph = diamond();
  graph.setTrace(trace);
  assert.deepEqual(graph.tracedColumns('left').sort(), ['a', 'b']);
  assert.deepEqual(graph.tracedColumns('right'), []);
  assert.equal(graph.visible().columns.length, 5);
});

test('a trace that never ends is cut', async () => {
  let asked = 0;
  const trace = await traceColumn(async (name) => ({ object: object(name), upstream: [up(`n${asked++}`, undefined, ['c'])], downstream: [] }), { id: 'a', name: 'a', column: 'c' });
  assert.ok(trace.cut);
  assert.ok(asked < 1_000);
});

test('messages of the page: what is none is dropped', () => {
  assert.deepEqual(fromPage({ type: 'open', id: 'a' }), { type: 'open', id: 'a' });
  for (const bad of [null, 7, 'open', {}, { type: 'open' }, { type: 'open', id: 7 }, { type: 'toString' }, { type: 'expand', id: 'a', direction: 'both' }, { type: 'svg', name: 'a' }]) {
    assert.equal(fromPage(bad), undefined, JSON.stringify(bad));
  }
});

test('arrows go to what lies in their direction, straight on before aside', () => {
  const stops = [{ x: 0, y: 0, at: 'here' }, { x: 100, y: 5, at: 'right' }, { x: 60, y: 90, at: 'far below' }, { x: 0, y: 40, at: 'below' }];
  const here = { x: 0, y: 0 };
  assert.equal(nearest(here, stops, 'ArrowRight'), 'right');
  assert.equal(nearest(here, stops, 'ArrowDown'), 'below');
  assert.equal(nearest(here, stops, 'ArrowLeft'), undefined);
  assert.equal(nearest(here, stops, 'ArrowUp'), undefined);
});
