// Questions about the catalogue, for the views. A server that is too old for one is asked in the
// way that it knows, or the view does without.
import type { MetasyncClient } from '../client';
import type { ColumnAnswer, ColumnsAnswer, ObjectAnswer, ObjectsAnswer, ObjectsParams, SearchAnswer } from '../protocol.gen';

/** Lines that a view shows before it offers "more". */
export const PAGE = 200;

/** What is needed of the client; narrow, so that it can be tested without a server. */
export type Asker = Pick<MetasyncClient, 'ask' | 'request'>;

/** Which objects; what is left out is the server's to say. */
export type Wanted = Pick<ObjectsParams, 'connection'> & { readonly type?: string; readonly filter?: string; readonly offset?: number; readonly limit?: number };

export class Catalogue {
  constructor(private readonly asker: Asker) {}

  /** Types of a connection's objects with their counts, in the order of names. */
  async types(connection: string, filter: string): Promise<ObjectsAnswer['types']> {
    return (await this.objects({ connection, filter, limit: 0 })).types;
  }

  async objects(wanted: Wanted): Promise<ObjectsAnswer> {
    return (await this.asker.ask<ObjectsAnswer>('metasync/objects', wanted)) ?? this.bySearch(wanted);
  }

  /** Undefined where the server cannot tell. */
  async columns(id: string): Promise<ColumnAnswer[] | undefined> {
    return (await this.asker.ask<ColumnsAnswer>('metasync/columns', { id }))?.columns;
  }

  /** An older server lists nothing, but finds what is typed. */
  private async bySearch({ connection, type, filter, offset = 0, limit = PAGE }: Wanted): Promise<ObjectsAnswer> {
    if (filter === undefined || filter.trim() === '') return { objects: [], total: 0, types: [] };
    const { results } = await this.asker.request<SearchAnswer>('metasync.search', filter, { limit: PAGE });
    const all = results.filter((object) => object.connection === null || object.connection === connection);
    const typed = type === undefined ? all : all.filter((object) => object.object_type === type);
    return { objects: typed.slice(offset, offset + limit), total: typed.length, types: counted(all) };
  }
}

function counted(objects: readonly ObjectAnswer[]): ObjectsAnswer['types'] {
  const counts = new Map<string, number>();
  for (const { object_type } of objects) counts.set(object_type, (counts.get(object_type) ?? 0) + 1);
  return [...counts].sort(([a], [b]) => a.localeCompare(b)).map(([object_type, count]) => ({ object_type, count }));
}
