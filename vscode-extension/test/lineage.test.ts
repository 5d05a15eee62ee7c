import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LineageGraph, MAX_NODES } from '../src/lineage/graph';
import { fromPage } from '../src/lineage/messages';
import { traceColumn } from '../src/lineage/trace';
import type { LineageAnswer, LineageNode } from '../src/protocol.gen';
import { nearest } from '../webview/keys';
import { MAX_ROWS, middle, place, rowsOf, shorten, splitRow } from '../webview/layout';

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
  assert.equal(graph.count('a', 'upstream'), MAX_NODES + 50, 'what is not drawn counts too');
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

test('a box is as wide as its name, within limits, and as those above and below it', () => {
  const graph = new LineageGraph();
  graph.start({ object: object('a'), upstream: [up('b'), up('int_orders_joined_with_payments'), up('x'.repeat(200))], downstream: [] });
  const { boxes } = place(graph.visible().nodes, graph.visible().edges, () => []);
  const width = (id: string) => boxes.get(id)?.width ?? 0;
  assert.ok(width('a') < width('b'));
  assert.equal(width('b'), width('x'.repeat(200)));
  assert.ok(width('b') < 400);
});

test('long names lose their middle, not the end that tells them apart', () => {
  const measure = (text: string) => text.length * 10;
  assert.equal(shorten('orders', 100, 'name', measure), 'orders');
  assert.equal(shorten('int_orders_joined_daily', 100, 'name', measure), 'int_o…aily');
  assert.equal(shorten('int_orders', 5, 'name', measure), 'i…');
});

test('of a column that is too long its type gives way first', () => {
  const measure = (text: string) => text.length * 10;
  const row = (name: string, type: string) => ({ name, type, traced: false });
  assert.deepEqual(splitRow(row('id', 'int'), 200, measure), { name: 178, type: 178 });
  const { name, type } = splitRow(row('x'.repeat(12), 'y'.repeat(30)), 200, measure);
  assert.ok(name + type <= 178 && name > type, `${name} ${type}`);
});

test('what is shown first leaves no room empty while something is out of sight', () => {
  assert.equal(middle(1_000, 800, 100), 400, 'all fits: in the middle');
  assert.equal(middle(1_000, 2_000, 100), 500, 'at the left end');
  assert.equal(middle(1_000, 2_000, 1_900), 1_500, 'at the right end');
  assert.equal(middle(1_000, 2_000, 900), 900);
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
  for (const bad of [null, 7, 'open', {}, { type: 'open' }, { type: 'open', id: 7 }, { type: 'toString' }, { type: 'expand', id: 'a', direction: 'both' }, { type: 'svg', name: 'a' }, { type: 'follow' }, { type: 'follow', on: 'yes' }]) {
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
