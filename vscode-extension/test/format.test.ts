import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ago, clock, count, duration, firstLine } from '../src/format';

const NOW = Date.parse('2025-03-01T12:00:00Z');

test('times are told as people tell them', () => {
  assert.equal(ago(null), 'never');
  assert.equal(ago('2025-03-01T11:59:58Z', NOW), 'just now');
  assert.equal(ago('2025-03-01T11:59:00Z', NOW), '1 minute ago');
  assert.equal(ago('2025-03-01T09:00:00Z', NOW), '3 hours ago');
  assert.equal(ago('2025-02-27T12:00:00Z', NOW), '2 days ago');
  // The hub's clock may be ahead.
  assert.equal(ago('2025-03-01T12:05:00Z', NOW), 'just now');
  assert.equal(ago('some day', NOW), 'some day');
});

test('a time of today is a time of the day', () => {
  const now = new Date(2025, 2, 1, 12, 0);
  const today = clock(new Date(2025, 2, 1, 18, 5).toISOString(), now);
  assert.ok(/5/.test(today) && !/2025/.test(today), today);
  assert.match(clock(new Date(2025, 2, 2, 0, 5).toISOString(), now), /2025/);
  assert.equal(clock('some day', now), 'some day');
});

test('numbers and durations', () => {
  assert.equal(count(1, 'object'), '1 object');
  assert.equal(count(12_345, 'object'), '12,345 objects');
  assert.equal(duration(12), '12 ms');
  assert.equal(duration(1_500), '1.5 s');
  assert.equal(duration(125_000), '2 min 5 s');
});

test('of a description the first paragraph stands in lists', () => {
  assert.equal(firstLine('One row\nper order.\n\nMore.'), 'One row per order.');
  assert.equal(firstLine(null), '');
});
