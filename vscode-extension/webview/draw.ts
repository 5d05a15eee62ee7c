// Boxes and lines as SVG elements. Text is set as text: names come from elsewhere.
import type { LineageGraph } from '../src/lineage/graph';
import type { ColumnEdge, Direction } from '../src/lineage/messages';
import type { PageWords } from '../src/lineage/words';
import { BOX, type Box, type Line, type Measure, type Picture, type Point, type Row, kindOf, shorten, splitRow } from './layout';

const SVG = 'http://www.w3.org/2000/svg';
/** Where texts begin, and how much is kept free at the other end. */
const TEXT = { left: 14, right: 8 } as const;

export function element<K extends keyof SVGElementTagNameMap>(name: K, attributes: Record<string, string | number>, ...children: (SVGElement | string)[]): SVGElementTagNameMap[K] {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  made.append(...children);
  return made;
}

export function draw(into: SVGGElement, picture: Picture, graph: LineageGraph, columns: readonly ColumnEdge[], words: PageWords, measure: Measure): void {
  const tracing = graph.trace !== undefined;
  into.replaceChildren(
    element('g', { class: tracing ? 'lines dim' : 'lines' }, ...picture.lines.map((each) => line(each, picture))),
    element('g', { class: 'columns' }, ...columns.flatMap((edge) => columnLine(edge, picture) ?? [])),
    ...[...picture.boxes.values()].map((box) => boxOf(box, graph, words, tracing, measure)),
  );
}

/** From the middle of one side to the middle of the other; between them as the layout says, around other boxes. */
function line({ from, to, points }: Line, { boxes }: Picture): SVGElement {
  const left = boxes.get(from);
  const right = boxes.get(to);
  const ends = left === undefined || right === undefined ? points : [
    { x: left.x + left.width, y: left.y + BOX.header / 2 },
    ...points.slice(1, -1).filter(({ x }) => x > left.x + left.width && x < right.x),
    { x: right.x, y: right.y + BOX.header / 2 },
  ];
  return element('path', { class: 'line', d: through(ends), 'data-from': from, 'data-to': to, 'marker-end': 'url(#arrow)' });
}

/** A smooth way through the points that the layout gives. */
function through(points: readonly Point[]): string {
  const [first, ...rest] = points;
  const last = rest.at(-1);
  if (first === undefined || last === undefined) return '';
  if (rest.length <= 1) return bow(first, last);
  if (rest.length === 2) return join(first, rest[0] as Point, last);
  let d = `M${first.x},${first.y}`;
  for (let i = 0; i < rest.length - 1; i++) {
    const here = rest[i] as Point;
    const next = rest[i + 1] as Point;
    const end = i === rest.length - 2 ? next : { x: (here.x + next.x) / 2, y: (here.y + next.y) / 2 };
    d += ` Q${here.x},${here.y} ${end.x},${end.y}`;
  }
  return d;
}

/** Through one point between two ranks: two bows. */
function join(first: Point, middle: Point, last: Point): string {
  return `${bow(first, middle)} ${bow(middle, last).replace(/^M[^C]*/, '')}`;
}

function bow(from: Point, to: Point): string {
  const bend = Math.max(30, Math.abs(to.x - from.x) / 2);
  return `M${from.x},${from.y} C${from.x + bend},${from.y} ${to.x - bend},${to.y} ${to.x},${to.y}`;
}

function columnLine({ from, fromColumn, to, toColumn }: ColumnEdge, { boxes }: Picture): SVGElement | undefined {
  const left = boxes.get(from);
  const right = boxes.get(to);
  if (left === undefined || right === undefined) return undefined;
  return element('path', {
    class: 'column-line',
    d: bow({ x: left.x + left.width, y: rowY(left, fromColumn) }, { x: right.x, y: rowY(right, toColumn) }),
  });
}

function rowY(box: Box, column: string): number {
  const index = box.rows.findIndex(({ name }) => name === column);
  return index < 0 ? box.y + BOX.header / 2 : box.y + BOX.header + index * BOX.row + BOX.row / 2;
}

function boxOf(box: Box, graph: LineageGraph, words: PageWords, tracing: boolean, measure: Measure): SVGElement {
  const { object, level } = box.node;
  const names = [
    'box', `type-${object.object_type.replace(/\W/g, '')}`,
    object.id === graph.root ? 'root' : '',
    tracing && !box.rows.some((row) => row.traced) ? 'dim' : '',
  ];
  const about = [object.full_name, [object.object_type, object.connection].filter(Boolean).join(' · '), object.path ?? '', object.description ?? ''].filter((part) => part !== '').join('\n');
  const group = element('g', {
    class: names.filter(Boolean).join(' '), transform: `translate(${box.x},${box.y})`, 'data-id': object.id,
    tabindex: -1, role: 'button', 'aria-label': label(box, graph, words), 'data-level': level,
  },
    element('title', {}, about),
    element('rect', { class: 'frame', width: box.width, height: box.height, rx: 4 }),
    element('rect', { class: 'mark', width: 4, height: box.height, rx: 2 }),
    element('text', { class: 'name', x: 14, y: 19 }, shorten(object.name, box.width - TEXT.left - TEXT.right - 6, 'name', measure)),
    element('text', { class: 'type', x: 14, y: 35 }, shorten(kindOf(box.node), box.width - TEXT.left - TEXT.right, 'type', measure)),
    ...rows(box, words, measure),
    ...(['upstream', 'downstream'] as const).flatMap((side) => knob(box, side, graph, words) ?? []),
  );
  return group;
}

/** What a screen reader says of a box. */
function label({ node }: Box, graph: LineageGraph, words: PageWords): string {
  const { object } = node;
  const values = [object.name, object.object_type, graph.count(object.id, 'upstream'), graph.count(object.id, 'downstream')];
  return values.reduce<string>((text, value, i) => text.replace(`{${i}}`, String(value)), words.box);
}

function rows(box: Box, words: PageWords, measure: Measure): SVGElement[] {
  const rowOf = (row: Row, index: number) => {
    const fits = splitRow(row, box.width, measure);
    return element('g', {
      class: row.traced ? 'row traced' : 'row', transform: `translate(0,${BOX.header + index * BOX.row})`,
      tabindex: -1, role: 'button', 'data-column': row.name, 'aria-label': `${row.name} ${row.type}`.trim(),
    },
      element('title', {}, `${row.name} ${row.type}`),
      element('rect', { class: 'row-frame', x: 5, width: box.width - 6, height: BOX.row }),
      element('text', { class: 'column', x: TEXT.left, y: 14 }, shorten(row.name, fits.name, 'column', measure)),
      element('text', { class: 'data-type', x: box.width - TEXT.right, y: 14, 'text-anchor': 'end' }, shorten(row.type, fits.type, 'type', measure)),
    );
  };
  const made: SVGElement[] = box.rows.map(rowOf);
  const note = box.hidden > 0 ? words.moreColumns.replace('{0}', box.hidden.toLocaleString()) : box.node.open && box.rows.length === 0 ? words.noColumns : '';
  if (note !== '') made.push(element('text', { class: 'data-type', x: 14, y: BOX.header + box.rows.length * BOX.row + 14 }, note));
  return made;
}

function knob({ node, width }: Box, side: Direction, graph: LineageGraph, words: PageWords): SVGElement | undefined {
  const { id } = node.object;
  const does = graph.knob(id, side);
  if (does === undefined) return undefined;
  return element('g', {
    class: isQuiet(id, side, graph) ? `knob quiet ${does}` : `knob ${does}`, 'data-side': side, transform: `translate(${side === 'upstream' ? 0 : width},${BOX.header / 2})`,
    role: 'button', 'aria-label': does === 'fold' ? words.fold : words.expand,
  },
    element('title', {}, does === 'fold' ? words.fold : words.expand),
    element('circle', { r: 8 }),
    element('path', { d: does === 'fold' ? 'M-4,0H4' : 'M-4,0H4M0,-4V4' }),
  );
}

/** Towards the root there is mostly nothing new: shown only where the mouse or the focus is. */
function isQuiet(id: string, side: Direction, graph: LineageGraph): boolean {
  const level = graph.nodes.get(id)?.level ?? 0;
  return side === 'upstream' ? level > 0 : level < 0;
}
