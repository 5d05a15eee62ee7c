// Moving through the graph with the keyboard: arrows go to the nearest box or column on that side.
import type { Point } from './layout';

type Arrow = 'ArrowLeft' | 'ArrowRight' | 'ArrowUp' | 'ArrowDown';

export function isArrow(key: string): key is Arrow {
  return key === 'ArrowLeft' || key === 'ArrowRight' || key === 'ArrowUp' || key === 'ArrowDown';
}

export interface Stop<T> extends Point { readonly at: T }

/** How much more a step aside costs than one ahead. */
const ASIDE = 2.5;

/** The stop that lies best in a direction, or undefined at the edge. */
export function nearest<T>(from: Point, stops: readonly Stop<T>[], arrow: Arrow): T | undefined {
  let best: { cost: number; at: T } | undefined;
  for (const stop of stops) {
    const dx = stop.x - from.x;
    const dy = stop.y - from.y;
    const [ahead, aside] = arrow === 'ArrowLeft' ? [-dx, dy] : arrow === 'ArrowRight' ? [dx, dy] : arrow === 'ArrowUp' ? [-dy, dx] : [dy, dx];
    if (ahead <= 1) continue;
    const cost = ahead + ASIDE * Math.abs(aside);
    if (best === undefined || cost < best.cost) best = { cost, at: stop.at };
  }
  return best?.at;
}
