import assert from 'node:assert/strict';
import { test } from 'node:test';
import { redact } from '../src/report/redact';

const secrets = [
  { text: '/users/ann', instead: '~' },
  { text: '/users/ann/shop', instead: '(folder 1)' },
  { text: 'acme', instead: '(organization)' },
  { text: '', instead: '(nothing)' },
  { text: 'ab', instead: '(too short)' },
];

test('folders, names, hosts and tokens are struck out', () => {
  const cases: [string, string][] = [
    ['opened /users/ann/shop/models/a.sql', 'opened (folder 1)/models/a.sql'],
    ['cache in /users/ann/.cache', 'cache in ~/.cache'],
    ['organization acme', 'organization (organization)'],
    ['asked https://metadata.example.com/api?x=1', 'asked https://(host)/api?x=1'],
    ['git ssh://bob:pw@git.example.com/a.git', 'git ssh://(host)/a.git'],
    ['embedded hub at http://127.0.0.1:4711/healthz', 'embedded hub at http://127.0.0.1:4711/healthz'],
    ['Authorization: Bearer abc.def', 'Authorization: Bearer (secret)'],
    ['sent eyJhbGciOi.eyJzdWIi.c2ln back', 'sent (secret) back'],
    ['{"token":"abc"}', '{"token":"(secret)"}'],
    ['{"token": null}', '{"token": null}'],
    ['password=hunter2 next', 'password=(secret) next'],
    ['a table about cabs', 'a table about cabs'],
  ];
  for (const [text, expected] of cases) assert.equal(redact(text, secrets), expected);
});

test('a hub that pretends to be this machine is a host', () => {
  assert.equal(redact('http://127.0.0.1.evil.example/', []), 'http://(host)/');
  assert.equal(redact('http://localhost.evil.example', []), 'http://(host)');
});

test('Windows folders, doubled backslashes too', () => {
  const home = [{ text: 'C:\\Users\\Ann', instead: '~' }];
  assert.equal(redact('C:\\Users\\Ann\\a "C:\\\\Users\\\\Ann\\\\a"', home), '~\\a "~\\\\a"');
});

test('hosts of git remotes are struck out, names of files are not', () => {
  const clean = (text: string) => redact(text, []);
  assert.equal(clean('by its git remote git.example.com/acme/shop'), 'by its git remote (host)/acme/shop');
  assert.equal(clean('git@git.example.com:acme/shop.git'), 'git@(host):acme/shop.git');
  assert.equal(clean('~/cache/cache.db: 55 rows, orders.sql:7, metasync_hub::runs: 1.2/s'), '~/cache/cache.db: 55 rows, orders.sql:7, metasync_hub::runs: 1.2/s');
});
