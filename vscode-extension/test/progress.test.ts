import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ProgressRouter, type Step } from '../src/progress';
import { notifications } from './vscode';

test('what a report leaves out stays as it was; the end frees the client\'s own part', () => {
  const router = new ProgressRouter();
  const seen: (Step | undefined)[] = [];
  router.onDidChange((step) => seen.push(step));
  let freed = 0;
  const next = () => { freed += 1; };
  router.handle('t', { kind: 'begin', title: 'Syncing', percentage: 0 }, next);
  router.handle('t', { kind: 'report', percentage: 40, message: '4 of 10' }, next);
  router.handle('t', { kind: 'report', message: '5 of 10' }, next);
  assert.equal(freed, 0);
  router.handle('t', { kind: 'end' }, next);
  assert.equal(freed, 1);
  assert.deepEqual(seen, [
    { title: 'Syncing', message: '', percentage: 0 },
    { title: 'Syncing', message: '4 of 10', percentage: 40 },
    { title: 'Syncing', message: '5 of 10', percentage: 40 },
    undefined,
  ]);
});

test('two at once: when the later ends, the earlier is shown again', () => {
  const router = new ProgressRouter();
  router.handle(1, { kind: 'begin', title: 'one' }, () => undefined);
  router.handle(2, { kind: 'begin', title: 'two' }, () => undefined);
  assert.equal(router.latest()?.title, 'two');
  router.handle(2, { kind: 'end' }, () => undefined);
  assert.equal(router.latest()?.title, 'one');
  router.clear();
  assert.equal(router.latest(), undefined);
});

test('a notification shows percentages that only rise, and cancels once', async () => {
  const router = new ProgressRouter();
  router.handle(1, { kind: 'begin', title: 'Syncing', percentage: 10, message: 'already running' }, () => undefined);
  let cancelled = 0;
  notifications.reports.length = 0;
  const answer = await router.notify('Syncing metadata', () => { cancelled += 1; }, async () => {
    for (const percentage of [30, 20, 250]) router.handle(1, { kind: 'report', percentage }, () => undefined);
    notifications.cancel.fire();
    return 'done';
  });
  notifications.cancel.fire();
  router.handle(1, { kind: 'report', percentage: 99 }, () => undefined);
  assert.equal(answer, 'done');
  assert.equal(cancelled, 1);
  assert.deepEqual(notifications.reports.map(({ increment }) => increment), [10, 20, 0, 70]);
  assert.equal(notifications.reports[0]?.message, '10 % · already running');
});
