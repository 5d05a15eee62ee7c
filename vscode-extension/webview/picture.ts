// The graph as an SVG file that looks the same without VS Code: colours and fonts are written into it.
import { element } from './draw';

const PROPERTIES = ['fill', 'stroke', 'stroke-width', 'stroke-dasharray', 'opacity', 'font-family', 'font-size', 'font-weight', 'text-anchor'];
const MARGIN = 20;

export function asFile(svg: SVGSVGElement, content: SVGGElement): string {
  const { x, y, width, height } = content.getBBox();
  const copy = svg.cloneNode(true) as SVGSVGElement;
  write(svg, copy);
  const box = [x - MARGIN, y - MARGIN, width + 2 * MARGIN, height + 2 * MARGIN].map(Math.round);
  copy.querySelector('#content')?.removeAttribute('transform');
  for (const knob of copy.querySelectorAll('.knob')) knob.remove();
  for (const each of copy.querySelectorAll('*')) for (const name of ['class', 'tabindex', 'role', 'aria-label', 'data-id', 'data-level', 'data-column', 'data-from', 'data-to', 'style']) each.removeAttribute(name);
  for (const name of ['id', 'role', 'aria-label', 'aria-describedby', 'style', 'class', 'tabindex']) copy.removeAttribute(name);
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  copy.setAttribute('viewBox', box.join(' '));
  copy.setAttribute('width', String(box[2]));
  copy.setAttribute('height', String(box[3]));
  const background = getComputedStyle(document.body).backgroundColor;
  copy.prepend(element('rect', { x: box[0] ?? 0, y: box[1] ?? 0, width: box[2] ?? 0, height: box[3] ?? 0, fill: background }));
  return `<?xml version="1.0" encoding="UTF-8"?>\n${new XMLSerializer().serializeToString(copy)}\n`;
}

function write(from: Element, to: Element): void {
  const style = getComputedStyle(from);
  for (const name of PROPERTIES) to.setAttribute(name, style.getPropertyValue(name));
  for (let i = 0; i < from.children.length; i++) {
    const child = to.children[i];
    if (child !== undefined) write(from.children[i] as Element, child);
  }
}
