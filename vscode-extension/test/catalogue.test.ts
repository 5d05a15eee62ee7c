import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Asker, Catalogue } from '../src/catalogue/catalogue';
import { Changes } from '../src/catalogue/changes';
import type { ChangedParams, ObjectsParams } from '../src/protocol.gen';
import { EventEmitter, statusMessages } from './vscode';

const object = (i: number, object_type = 'model') => ({ id: `${i}`, name: `o${i}`, full_name: `shop.o${i}`, object_type, description: null, connection: 'shop', path: null, line: null });

/** A server that answers from a list; `old` ones do not know our requests. */
function server(count: number, { old = false } = {}): Asker {
  const all = Array.from({ length: count }, (_, i) => object(i, i % 3 === 0 ? 'seed' : 'model'));
  return {
    async ask<T>(method: string, params: object) {
      if (old) return undefined;
      if (method === 'metasync/columns') return { columns: [{ name: 'a', data_type: null, description: null }] } as T;
      const { type, filter, offset, limit } = { filter: '', offset: 0, limit: 200, ...params } as ObjectsParams & { filter: string; offset: number; limit: number };
      const some = all.filter((o) => (!type || o.object_type === type) && o.name.includes(filter));
      return { objects: some.slice(offset, offset + limit), total: some.length, types: [{ object_type: 'model', count: some.length }] } as T;
    },
    async request<T>() { return { results: all.slice(0, 10) } as T; },
  };
}

test('types come from the server', async () => {
  assert.deepEqual(await new Catalogue(server(6)).types('shop', ''), [{ object_type: 'model', count: 6 }]);
});

test('an older server: nothing is listed, what is typed is found, columns are not known', async () => {
  const catalogue = new Catalogue(server(30, { old: true }));
  assert.equal((await catalogue.objects({ connection: 'shop' })).total, 0);
  assert.equal((await catalogue.objects({ connection: 'shop', filter: 'o', type: 'seed' })).total, 4);
  assert.deepEqual((await catalogue.objects({ connection: 'shop', filter: 'o' })).types, [{ object_type: 'model', count: 6 }, { object_type: 'seed', count: 4 }]);
  assert.equal(await catalogue.columns('1'), undefined);
});

test('changes: told in one quiet line, and known until the next sync', () => {
  const told = new EventEmitter<ChangedParams>();
  const changes = new Changes({ onChanged: told.event });
  told.fire({ objects: [{ id: '1', name: 'o1', object_type: 'model', path: null, what: '2 columns changed', change: 'changed' }], message: '2 columns of o1 changed $(bug)' });
  assert.equal(changes.of('1')?.what, '2 columns changed');
  assert.equal(changes.of('2'), undefined);
  assert.equal(changes.count, 1);
  assert.equal(statusMessages.at(-1), '$(sparkle) 2 columns of o1 changed $\u200b(bug)');
  told.fire({ objects: [], message: '' });
  assert.equal(changes.count, 0);
  assert.equal(statusMessages.length, 1);
});
