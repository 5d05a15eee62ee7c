// The page of the lineage graph: keeps the graph, draws it, and turns clicks and keys into questions.
import './lineage.css';
import { LineageGraph } from '../src/lineage/graph';
import type { Direction, FromPage, ToPage } from '../src/lineage/messages';
import type { PageWords } from '../src/lineage/words';
import { Camera, FIRST_ZOOM } from './camera';
import { draw, element } from './draw';
import { type Stop, isArrow, nearest } from './keys';
import { BOX, type Font, type Measure, type Picture, place } from './layout';
import { asFile } from './picture';

declare function acquireVsCodeApi(): { postMessage(message: FromPage): void; setState(state: unknown): void };

const vscode = acquireVsCodeApi();
const words = JSON.parse(document.body.dataset['words'] ?? '{}') as PageWords;
const graph = new LineageGraph();
const find = (id: string) => document.getElementById(id) as HTMLElement;
const svg = document.getElementById('graph') as unknown as SVGSVGElement;
const note = find('note');
const content = element('g', { id: 'content' });
svg.append(
  element('defs', {}, element('marker', { id: 'arrow', viewBox: '0 0 8 8', refX: 8, refY: 4, markerWidth: 7, markerHeight: 7, orient: 'auto-start-reverse' }, element('path', { d: 'M0,0L8,4L0,8z' }))),
  content,
);
const camera = new Camera(svg, content);
let picture: Picture = { boxes: new Map(), lines: [], width: 0, height: 0 };
/** What has the focus: an object, perhaps one of its columns. */
let chosen: { id: string; column?: string } = { id: '' };
let following = false;

const FONTS: Record<Font, string> = { name: '600 13px', type: '11px', column: '12px' };
const measured = document.createElement('canvas').getContext('2d');
const family = getComputedStyle(document.body).fontFamily;
const measure: Measure = (text, font) => {
  if (measured === null) return text.length * 7;
  measured.font = `${FONTS[font]} ${family}`;
  return measured.measureText(text).width;
};

function render(): void {
  const { nodes, edges, columns } = graph.visible();
  picture = place(nodes, edges, (id) => graph.tracedColumns(id), measure);
  draw(content, picture, graph, columns, words, measure);
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
    const count = (side: Direction) => graph.count(graph.root, side);
    note.textContent = fill(words.summary, root, count('upstream'), count('downstream'));
  }
  find('untrace').hidden = graph.trace === undefined;
  if (graph.cut || graph.trace?.cut === true) note.textContent += ` · ${fill(words.cut, graph.nodes.size)}`;
  note.title = note.textContent;
}

/** There is a graph, or there is a text in its place. */
function showGraph(has: boolean, why = ''): void {
  svg.style.display = has ? '' : 'none';
  find('empty').hidden = has;
  find('keys').hidden = !has;
  find('why').textContent = why;
  for (const id of ['out', 'in', 'fit', 'columns', 'export']) (find(id) as HTMLButtonElement).disabled = !has;
  if (has) return;
  note.textContent = '';
  find('untrace').hidden = true;
}

function fit(limits?: readonly [number, number]): void { camera.fit(picture, picture.boxes.get(graph.root), limits); }

/** Draws anew while `id` stays where it is on the screen. */
function renderAround(id: string): void {
  const before = picture.boxes.get(id);
  render();
  const after = picture.boxes.get(id);
  if (before === undefined || after === undefined) return;
  camera.by({ x: before.x - after.x, y: before.y - after.y });
}

/** The one stop of the Tab key; `move` takes the focus there. */
function focus(move: boolean): void {
  const group = content.querySelector<SVGGElement>(`.box[data-id="${CSS.escape(chosen.id)}"]`);
  const row = chosen.column === undefined ? null : group?.querySelector<SVGGElement>(`.row[data-column="${CSS.escape(chosen.column)}"]`);
  const target = row ?? group;
  for (const old of content.querySelectorAll('[tabindex="0"]')) old.setAttribute('tabindex', '-1');
  target?.setAttribute('tabindex', '0');
  if (!move || target === null || target === undefined) return;
  target.focus();
  camera.bringIntoSight(target);
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
  follow: () => vscode.postMessage({ type: 'follow', on: !following }),
  in: () => camera.in(),
  out: () => camera.out(),
  fit: () => fit(),
  columns: () => columns(chosen.id),
  export: save,
  untrace: () => { endTrace(); focus(true); },
  search: () => vscode.postMessage({ type: 'search' }),
};
for (const [id, run] of Object.entries(BUTTONS)) find(id).addEventListener('click', run);

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
  f: () => BUTTONS['follow']?.(),
  s: save,
  '[': () => turn(chosen.id, 'upstream'),
  ']': () => turn(chosen.id, 'downstream'),
  '+': () => camera.in(),
  '=': () => camera.in(),
  '-': () => camera.out(),
  0: () => fit(),
  Escape: () => { if (graph.trace !== undefined) { endTrace(); focus(true); } },
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
    if (run === undefined || graph.root === '') return;
    run();
  }
  event.preventDefault();
});

/** A page that follows the editor must not take the focus from it. */
const hasFocus = () => document.hasFocus();

window.addEventListener('message', ({ data }: MessageEvent<ToPage>) => {
  switch (data.type) {
    case 'root':
      graph.start(data.answer);
      chosen = { id: graph.root };
      vscode.setState({ name: data.answer.object.full_name });
      showGraph(true);
      render();
      fit(FIRST_ZOOM);
      focus(!following || hasFocus());
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
    case 'following':
      following = data.on;
      find('follow').setAttribute('aria-pressed', String(data.on));
      return;
    case 'empty':
      graph.root = '';
      showGraph(false, data.message);
      return;
    case 'failed':
      if (graph.root === '') showGraph(false, data.message);
      else note.textContent = data.message;
  }
});

new ResizeObserver(() => { if (!camera.moved) fit(FIRST_ZOOM); }).observe(svg);

showGraph(false);
find('empty').hidden = true;
vscode.postMessage({ type: 'ready' });
