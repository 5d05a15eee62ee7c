// One column's lineage, step by step in both directions: the server is asked for one step at a time,
// because only then it is exact which column leads to which.
import type { LineageAnswer, LineageNode } from '../protocol.gen';
import type { ColumnEdge, ColumnTrace, Direction } from './messages';

/** Questions for one trace; each is a look-up in the cache. */
const MAX_QUESTIONS = 300;

export type AskLineage = (name: string, options: { direction: Direction; column: string; depth: number }) => Promise<LineageAnswer>;

interface Place { readonly id: string; readonly name: string; readonly column: string }

export async function traceColumn(ask: AskLineage, start: Place): Promise<ColumnTrace> {
  const edges: ColumnEdge[] = [];
  const answers: LineageAnswer[] = [];
  let questions = 0;
  let cut = false;
  for (const direction of ['upstream', 'downstream'] as const) {
    const seen = new Set<string>();
    const waiting: Place[] = [start];
    for (let place = waiting.shift(); place !== undefined; place = waiting.shift()) {
      const key = `${place.id}\n${place.column}`;
      if (seen.has(key)) continue;
      seen.add(key);
      if (++questions > MAX_QUESTIONS) { cut = true; break; }
      const answer = await ask(place.name, { direction, column: place.column, depth: 1 });
      answers.push(answer);
      for (const next of answer[direction]) {
        for (const column of columnsOf(next)) {
          edges.push(direction === 'upstream'
            ? { from: next.id, fromColumn: column, to: place.id, toColumn: place.column }
            : { from: place.id, fromColumn: place.column, to: next.id, toColumn: column });
          waiting.push({ id: next.id, name: next.full_name, column });
        }
      }
    }
  }
  return { object: start.id, column: start.column, edges, answers, cut };
}

/** A star is no column that could be followed. */
function columnsOf(node: LineageNode): string[] {
  return (node.columns ?? []).filter((column) => column !== '*');
}
