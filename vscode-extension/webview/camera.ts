// What part of the picture is seen: zoom, fit, and bringing something into sight.
import { select } from 'd3-selection';
import { zoom, zoomIdentity, zoomTransform } from 'd3-zoom';
import { type Box, type Picture, type Point, middle } from './layout';

/** Smaller than this nothing can be read, larger nothing more. */
const ZOOM: [number, number] = [0.05, 3];
/** At first nothing is made larger than it is, nor so small that it can't be read. */
export const FIRST_ZOOM: [number, number] = [0.65, 1];
const STEP = 1.25;
/** Kept free around what is brought into sight. */
const AIR = 10;

export class Camera {
  /** Whether the user has moved or zoomed by hand: then a new size of the page changes nothing. */
  moved = false;
  private readonly zooming = zoom<SVGSVGElement, unknown>().scaleExtent(ZOOM);
  private readonly view;

  constructor(private readonly svg: SVGSVGElement, content: SVGGElement) {
    this.zooming.on('zoom', ({ transform, sourceEvent }: { transform: { toString(): string }; sourceEvent: unknown }) => {
      content.setAttribute('transform', transform.toString());
      if (sourceEvent !== null) this.moved = true;
    });
    this.view = select(svg).call(this.zooming).on('dblclick.zoom', null);
  }

  in(): void { this.view.call(this.zooming.scaleBy, STEP); }
  out(): void { this.view.call(this.zooming.scaleBy, 1 / STEP); }
  by(move: Point): void { this.view.call(this.zooming.translateBy, move.x, move.y); }

  /** Everything in sight, or as much of it around `root` as can be read: no room is left empty for it. */
  fit(picture: Picture, root: Box | undefined, limits: readonly [number, number] = [ZOOM[0], 1]): void {
    const { clientWidth: width, clientHeight: height } = this.svg;
    if (width === 0 || picture.width === 0) return;
    const needed = Math.min(width / picture.width, height / picture.height);
    const scale = Math.max(limits[0], Math.min(limits[1], needed));
    const x = middle(width / scale, picture.width, root === undefined ? undefined : root.x + root.width / 2);
    const y = middle(height / scale, picture.height, root === undefined ? undefined : root.y + root.height / 2);
    this.view.call(this.zooming.transform, zoomIdentity.translate(width / 2, height / 2).scale(scale).translate(-x, -y));
    this.moved = false;
  }

  bringIntoSight(target: SVGGElement): void {
    const box = target.getBoundingClientRect();
    const frame = this.svg.getBoundingClientRect();
    const by = (low: number, high: number, from: number, to: number) => (low < from ? from - low : high > to ? to - high : 0);
    const dx = by(box.left, box.right, frame.left + AIR, frame.right - AIR);
    const dy = by(box.top, box.bottom, frame.top + AIR, frame.bottom - AIR);
    if (dx === 0 && dy === 0) return;
    const { k } = zoomTransform(this.svg);
    this.by({ x: dx / k, y: dy / k });
  }
}
