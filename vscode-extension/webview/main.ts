// The page of the lineage panel: keeps the graph, draws it, and turns clicks and keys into questions.
import './lineage.css';
import { select } from 'd3-selection';
import { zoom, zoomIdentity, zoomTransform } from 'd3-zoom';
import { LineageGraph } from '../src/lineage/graph';
import type { Direction, FromPage, ToPage } from '../src/lineage/messages';
import type { PageWords } from '../src/lineage/words';
import { draw, element } from './draw';
import { type Stop, isArrow, nearest } from './keys';
import { BOX, type Picture, place } from './layout';
import { asFile } from './picture';

declare function acquireVsCodeApi(): { postMessage(message: FromPage): void; setState(state: unknown): void };

/** Smaller than this nothing can be read, larger nothing more. */
const ZOOM: [number, number] = [0.1, 3];
/** At first nothing is made larger than it is, nor so small that it can't be read. */
const FIRST_ZOOM: [number, number] = [0.7, 1];
const ZOOM_STEP = 1.25;

const vscode = acquireVsCodeApi();
const words = JSON.parse(document.body.dataset['words'] ?? '{}') as PageWords;
const graph = new LineageGraph();
const svg = document.getElementById('graph') as unknown as SVGSVGElement;
const note = document.getElementById('note') as HTMLElement;
const content = element('g', { id: 'content' });
svg.append(
  element('defs', {}, element('marker', { id: 'arrow', viewBox: '0 0 8 8', refX: 8, refY: 4, markerWidth: 7, markerHeight: 7, orient: 'auto-start-reverse' }, element('path', { d: 'M0,0L8,4L0,8z' }))),
  content,
);
let picture: Picture = { boxes: new Map(), lines: [], width: 0, height: 0 };
/** What has the focus: an object, perhaps one of its columns. */
let chosen: { id: string; column?: string } = { id: '' };

/** Whether the user has moved or zoomed by hand: then a new size of the panel changes nothing. */
let moved = false;

const zooming = zoom<SVGSVGElement, unknown>().scaleExtent(ZOOM).on('zoom', ({ transform, sourceEvent }: { transform: { toString(): string }; sourceEvent: unknown }) => {
  content.setAttribute('transform', transform.toString());
  if (sourceEvent !== null) moved = true;
});
const view = select(svg).call(zooming).on('dblclick.zoom', null);

function render(): void {
  const { nodes, edges, columns } = graph.visible();
  picture = place(nodes, edges, (id) => graph.tracedColumns(id));
  draw(content, picture, graph, columns, words);
  if (!picture.boxes.has(chosen.id)) chosen = { id: graph.root };
  focus(false);
  tell();
}

function tell(): void {
  const root = graph.nodes.get(graph.root)?.object.name ?? '';
  const fill = (text: string, ...values: (string | number)[]) => values.reduce<string>((filled, value, i) => filled.replace(`{${i}}`, String(value)), text);
  if (graph.trace !== undefined) {
    const of = graph.nodes.get(graph.trace.object)?.object.name ?? '';
    note.textContent = fill(words.traced, `${of}.${graph.trace.column}`);
  } else {
    const count = (side: Direction) => graph.neighbours(graph.root, side).length;
    note.textContent = fill(words.changedRoot, root, count('upstream'), count('downstream'));
  }
  if (graph.cut || graph.trace?.cut === true) note.textContent += ` ${fill(words.cut, graph.nodes.size)}`;
}

/** Everything in sight, or as much of it around the root as can be read. */
function fit(limits: [number, number] = [ZOOM[0], 1]): void {
  const { clientWidth: width, clientHeight: height } = svg;
  if (width === 0 || picture.width === 0) return;
  const needed = Math.min(width / picture.width, height / picture.height);
  const scale = Math.max(limits[0], Math.min(limits[1], needed));
  const root = picture.boxes.get(graph.root);
  const middle = scale > needed && root !== undefined
    ? { x: root.x + BOX.width / 2, y: root.y + root.height / 2 }
    : { x: picture.width / 2, y: picture.height / 2 };
  view.call(zooming.transform, zoomIdentity.translate(width / 2, height / 2).scale(scale).translate(-middle.x, -middle.y));
  moved = false;
}

/** Draws anew while `id` stays where it is on the screen. */
function renderAround(id: string): void {
  const before = picture.boxes.get(id);
  render();
  const after = picture.boxes.get(id);
  if (before === undefined || after === undefined) return;
  view.call(zooming.translateBy, before.x - after.x, before.y - after.y);
}

function focus(move: boolean): void {
  const group = content.querySelector<SVGGElement>(`.box[data-id="${CSS.escape(chosen.id)}"]`);
  const row = chosen.column === undefined ? null : group?.querySelector<SVGGElement>(`.row[data-column="${CSS.escape(chosen.column)}"]`);
  const target = row ?? group;
  for (const old of content.querySelectorAll('[tabindex="0"]')) old.setAttribute('tabindex', '-1');
  target?.setAttribute('tabindex', '0');
  if (!move || target === null || target === undefined) return;
  target.focus();
  bringIntoSight(target);
}

function bringIntoSight(target: SVGGElement): void {
  const box = target.getBoundingClientRect();
  const frame = svg.getBoundingClientRect();
  const by = (low: number, high: number, from: number, to: number) => (low < from ? from - low : high > to ? to - high : 0);
  const dx = by(box.left, box.right, frame.left + 10, frame.right - 10);
  const dy = by(box.top, box.bottom, frame.top + 10, frame.bottom - 10);
  if (dx === 0 && dy === 0) return;
  const { k } = zoomTransform(svg);
  view.call(zooming.translateBy, dx / k, dy / k);
}

function stops(): Stop<{ id: string; column?: string }>[] {
  return [...picture.boxes].flatMap(([id, box]) => [
    { x: box.x, y: box.y + BOX.header / 2, at: { id } },
    ...box.rows.map(({ name }, i) => ({ x: box.x, y: box.y + BOX.header + (i + 0.5) * BOX.row, at: { id, column: name } })),
  ]);
}

function turn(id: string, side: Direction): void {
  const does = graph.knob(id, side);
  if (does === undefined) return;
  const node = graph.nodes.get(id);
  if (does === 'fold' || node?.folded[side] === true) {
    graph.fold(id, side, does === 'fold');
    renderAround(id);
  } else {
    vscode.postMessage({ type: 'expand', id, direction: side });
  }
}

function columns(id: string): void {
  const node = graph.nodes.get(id);
  if (node === undefined) return;
  if (node.open && graph.trace === undefined) {
    node.open = false;
    renderAround(id);
  } else if (node.columns.length > 0) {
    node.open = !node.open;
    renderAround(id);
  } else {
    vscode.postMessage({ type: 'columns', id });
  }
}

function endTrace(): void {
  graph.clearTrace();
  renderAround(chosen.id);
}

function save(): void {
  vscode.postMessage({ type: 'svg', name: graph.nodes.get(graph.root)?.object.name ?? '', text: asFile(svg, content) });
}

const BUTTONS: Record<string, () => void> = {
  in: () => view.call(zooming.scaleBy, ZOOM_STEP),
  out: () => view.call(zooming.scaleBy, 1 / ZOOM_STEP),
  fit: () => fit(),
  columns: () => columns(chosen.id),
  export: save,
};
for (const [id, run] of Object.entries(BUTTONS)) document.getElementById(id)?.addEventListener('click', run);

content.addEventListener('click', (event) => {
  const target = event.target as Element;
  const id = target.closest<SVGElement>('.box')?.dataset['id'];
  if (id === undefined) return;
  const side = target.closest<SVGElement>('.knob')?.dataset['side'] as Direction | undefined;
  const column = target.closest<SVGElement>('.row')?.dataset['column'];
  chosen = column === undefined ? { id } : { id, column };
  focus(true);
  if (side !== undefined) turn(id, side);
  else if (column !== undefined) vscode.postMessage({ type: 'trace', id, column });
  else vscode.postMessage({ type: 'open', id });
});

content.addEventListener('focusin', (event) => {
  const target = event.target as Element;
  const id = target.closest<SVGElement>('.box')?.dataset['id'];
  const column = target.closest<SVGElement>('.row')?.dataset['column'];
  if (id !== undefined) chosen = column === undefined ? { id } : { id, column };
});

const KEYS: Record<string, () => void> = {
  Enter: () => vscode.postMessage(chosen.column === undefined ? { type: 'open', id: chosen.id } : { type: 'trace', id: chosen.id, column: chosen.column }),
  ' ': () => vscode.postMessage({ type: 'root', id: chosen.id }),
  c: () => columns(chosen.id),
  s: save,
  '[': () => turn(chosen.id, 'upstream'),
  ']': () => turn(chosen.id, 'downstream'),
  '+': () => BUTTONS['in']?.(),
  '=': () => BUTTONS['in']?.(),
  '-': () => BUTTONS['out']?.(),
  0: () => fit(),
  Escape: () => { if (graph.trace !== undefined) endTrace(); },
  Home: () => { chosen = { id: graph.root }; focus(true); },
};

document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target instanceof HTMLButtonElement) return;
  if (isArrow(event.key)) {
    const all = stops();
    const here = all.find(({ at }) => at.id === chosen.id && at.column === chosen.column);
    const next = here === undefined ? undefined : nearest(here, all, event.key);
    if (next !== undefined) { chosen = next; focus(true); }
  } else {
    const run = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (run === undefined) return;
    run();
  }
  event.preventDefault();
});

window.addEventListener('message', ({ data }: MessageEvent<ToPage>) => {
  switch (data.type) {
    case 'root':
      graph.start(data.answer);
      chosen = { id: graph.root };
      vscode.setState({ name: data.answer.object.full_name });
      render();
      fit(FIRST_ZOOM);
      focus(true);
      if (data.column !== undefined) vscode.postMessage({ type: 'trace', id: graph.root, column: data.column });
      return;
    case 'more':
      graph.add(data.answer, [data.direction]);
      graph.fold(data.answer.object.id, data.direction, false);
      renderAround(data.answer.object.id);
      return;
    case 'columns':
      graph.setColumns(data.id, data.columns);
      renderAround(data.id);
      return;
    case 'trace':
      graph.setTrace(data.trace);
      chosen = { id: data.trace.object, column: data.trace.column };
      renderAround(data.trace.object);
      focus(true);
      return;
    case 'failed':
      note.textContent = data.message;
  }
});

new ResizeObserver(() => { if (!moved) fit(FIRST_ZOOM); }).observe(svg);

vscode.postMessage({ type: 'ready' });
