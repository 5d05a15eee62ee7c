import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plain, sentence } from '../src/markdown';

test('a text stays a text in markdown: no link, no table, no icon, no escape that shows', () => {
  for (const letter of '\\`*_{}[]()#+-.!~|<>&$:@') assert.equal(plain(letter), `&#${letter.charCodeAt(0)};`, letter);
  assert.equal(plain('no such hub'), 'no such hub');
  const address = plain("the hub at http://127.0.0.1:9 can't be reached (os error 111)");
  assert.ok(!/https?:\/\/|\(|\\/.test(address), address);
  assert.ok(!plain('$(bug)').includes('$('));
  assert.equal(plain('    one\n  two'), 'one\n\ntwo');
});

test('a sentence begins with a capital', () => {
  assert.equal(sentence('the hub is away'), 'The hub is away');
  assert.equal(sentence(''), '');
});
