import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Asker, Catalogue, PAGE } from '../src/catalogue/catalogue';
import { Changes } from '../src/catalogue/changes';
import type { ChangedParams, ObjectsParams } from '../src/catalogue/types';
import { EventEmitter, statusMessages } from './vscode';

const object = (i: number, object_type = 'model') => ({ id: `${i}`, name: `o${i}`, full_name: `shop.o${i}`, object_type, description: null, connection: 'shop', path: null, line: null });

/** A server that answers from a list; `old` ones do not know our requests. */
function server(count: number, { old = false, types = true } = {}): Asker {
  const all = Array.from({ length: count }, (_, i) => object(i, i % 3 === 0 ? 'seed' : 'model'));
  return {
    async ask<T>(method: string, params: object) {
      if (old) return undefined;
      if (method === 'metasync/columns') return { columns: [{ name: 'a', data_type: null, description: null }] } as T;
      const { type, filter = '', offset = 0, limit = 200 } = params as ObjectsParams;
      const some = all.filter((o) => (type === undefined || o.object_type === type) && o.name.includes(filter));
      return { objects: some.slice(offset, offset + limit), total: some.length, ...(types ? { types: [{ object_type: 'model', count: some.length }] } : {}) } as T;
    },
    async request<T>() { return { results: all.slice(0, 10) } as T; },
  };
}

test('types come from the server, or are counted page by page', async () => {
  assert.deepEqual([...(await new Catalogue(server(6)).types('shop', ''))], [['model', 6]]);
  const counted = await new Catalogue(server(PAGE + 100, { types: false })).types('shop', '');
  assert.deepEqual([...counted], [['model', 200], ['seed', 100]]);
});

test('an older server: nothing is listed, what is typed is found, columns are not known', async () => {
  const catalogue = new Catalogue(server(30, { old: true }));
  assert.equal((await catalogue.objects({ connection: 'shop' })).total, 0);
  assert.equal((await catalogue.objects({ connection: 'shop', filter: 'o', type: 'seed' })).total, 4);
  assert.deepEqual([...(await catalogue.types('shop', 'o'))], [['model', 6], ['seed', 4]]);
  assert.equal(await catalogue.columns('1'), undefined);
});

test('changes: by id where there is one, by name otherwise, until the next sync', () => {
  const told = new EventEmitter<ChangedParams>();
  const changes = new Changes({ onChanged: told.event });
  told.fire({ objects: [{ id: '1', name: 'o1', object_type: 'model', what: '2 columns changed' }, { name: 'o2', object_type: 'seed', what: 'added' }], message: '2 columns of o1 changed $(bug)' });
  assert.equal(changes.of(object(1))?.what, '2 columns changed');
  assert.equal(changes.of({ ...object(1), id: 'other' }), undefined);
  assert.equal(changes.of(object(2, 'seed'))?.what, 'added');
  assert.equal(changes.of(object(2, 'model')), undefined);
  assert.equal(changes.count, 2);
  assert.equal(statusMessages.at(-1), '$(sparkle) 2 columns of o1 changed $\u200b(bug)');
  told.fire({ objects: [], message: '' });
  assert.equal(changes.count, 0);
  assert.equal(statusMessages.length, 1);
});
