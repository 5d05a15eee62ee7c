import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { after, before, test } from 'node:test';
import { ServerNotFound, findServer } from '../src/server_path';

const NAME = process.platform === 'win32' ? 'metasync.exe' : 'metasync';
let folder = '';
before(() => { folder = mkdtempSync(join(tmpdir(), 'metasync-server-path-')); });
after(() => rmSync(folder, { recursive: true, force: true }));

function program(...parts: string[]): string {
  const path = join(folder, ...parts);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, '');
  chmodSync(path, 0o755);
  return path;
}

test('the setting wins over the bundled server', () => {
  program('both', 'server', NAME);
  const other = program('other', NAME);
  assert.deepEqual(findServer(join(folder, 'both'), ` ${other} `, ''), { path: other, by: 'setting' });
});

test('a setting that leads nowhere is an error that names it, and starts nothing else', () => {
  program('both', 'server', NAME);
  const missing = join(folder, 'missing');
  assert.throws(() => findServer(join(folder, 'both'), missing, ''), (error) => error instanceof ServerNotFound && error.message.includes(missing));
  assert.throws(() => findServer(join(folder, 'both'), folder, ''), ServerNotFound);
});

test('a relative setting is refused: it would mean another program in every workspace', () => {
  assert.throws(() => findServer(folder, 'bin/metasync', ''), /full path/);
});

test('the bundled server wins over the PATH, and gets its mode back', { skip: process.platform === 'win32' && 'modes are not known there' }, () => {
  const bundled = program('extension', 'server', NAME);
  chmodSync(bundled, 0o644);
  program('bin', NAME);
  assert.deepEqual(findServer(join(folder, 'extension'), '', join(folder, 'bin')), { path: bundled, by: 'bundled' });
  assert.equal(statSync(bundled).mode & 0o111, 0o111);
});

test('on the PATH the first wins; relative and empty entries do not count', () => {
  const first = program('bin', NAME);
  program('later', NAME);
  const path = ['', '.', 'relative', join(folder, 'nowhere'), join(folder, 'bin'), join(folder, 'later')].join(delimiter);
  assert.deepEqual(findServer(join(folder, 'empty'), '', path), { path: first, by: 'PATH' });
});

test('nothing found: the message says what to do', () => {
  assert.throws(() => findServer(join(folder, 'empty'), '', ''), /metasync\.server\.path/);
});
