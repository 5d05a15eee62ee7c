// Questions about the catalogue, for the views. A server that is too old for one is asked in the
// way that it knows, or the view does without.
import type { MetasyncClient } from '../client';
import type { SearchAnswer } from '../protocol.gen';
import type { Column, ColumnsAnswer, ObjectsAnswer, ObjectsParams } from './types';

/** Lines that a view shows before it offers "more". */
export const PAGE = 200;
/** Pages read to count types where the server does not count them. */
const PAGES_TO_COUNT = 25;

/** What is needed of the client; narrow, so that it can be tested without a server. */
export type Asker = Pick<MetasyncClient, 'ask' | 'request'>;

export class Catalogue {
  constructor(private readonly asker: Asker) {}

  /** Types of a connection's objects with their counts, in the order of names. */
  async types(connection: string, filter: string): Promise<Map<string, number>> {
    const first = await this.objects({ connection, filter, limit: 1 });
    if (first.types !== undefined) return new Map(first.types.map(({ object_type, count }) => [object_type, count]));
    const counts = new Map<string, number>();
    for (let page = 0, seen = 0; page < PAGES_TO_COUNT && (page === 0 || seen < first.total); page++) {
      const { objects } = await this.objects({ connection, filter, offset: seen, limit: PAGE });
      if (objects.length === 0) break;
      seen += objects.length;
      for (const { object_type } of objects) counts.set(object_type, (counts.get(object_type) ?? 0) + 1);
    }
    return new Map([...counts].sort(([a], [b]) => a.localeCompare(b)));
  }

  async objects(params: ObjectsParams): Promise<ObjectsAnswer> {
    return (await this.asker.ask<ObjectsAnswer>('metasync/objects', params)) ?? this.bySearch(params);
  }

  /** Undefined where the server cannot tell. */
  async columns(id: string): Promise<Column[] | undefined> {
    return (await this.asker.ask<ColumnsAnswer>('metasync/columns', { id }))?.columns;
  }

  /** An older server lists nothing, but finds what is typed. */
  private async bySearch({ connection, type, filter, offset = 0, limit = PAGE }: ObjectsParams): Promise<ObjectsAnswer> {
    if (filter === undefined || filter.trim() === '') return { objects: [], total: 0, types: [] };
    const { results } = await this.asker.request<SearchAnswer>('metasync.search', filter, { limit: PAGE });
    const all = results.filter((object) => object.connection === null || object.connection === connection);
    const counts = new Map<string, number>();
    for (const { object_type } of all) counts.set(object_type, (counts.get(object_type) ?? 0) + 1);
    const typed = type === undefined ? all : all.filter((object) => object.object_type === type);
    return {
      objects: typed.slice(offset, offset + limit),
      total: typed.length,
      types: [...counts].sort(([a], [b]) => a.localeCompare(b)).map(([object_type, count]) => ({ object_type, count })),
    };
  }
}
