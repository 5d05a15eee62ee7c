// A file of the shared library was changed on both sides: a diff, a message with three choices, settled.
// The language server's answers are given by a program between (between.mjs); everything else is real.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { copyExample, required } from '../workbench.mjs';

const side = (text) => ({ id: 'f1', name: 'notes.md', sha256: '00', size: text.length, media_type: 'text/markdown', label: 'Notes', collections: [], objects: ['orders'], version: 3, deleted: false, text });
const CONFLICT = {
  file_id: 'f1', fields: ['content', 'label'], detected_at: '2026-01-02T03:04:05Z',
  base: side('# Orders\n\nOne row per order.\n'),
  local: side('# Orders\n\nOne row per order of the shop.\n'),
  remote: side('# Orders\n\nOne row per order, returned ones too.\n'),
};

export async function conflicts(bench, hands) {
  const { page } = bench;
  const workspace = bench.room('jaffle_shop');
  copyExample(workspace);
  const answers = path.join(bench.room('between'), 'answers.json');
  fs.writeFileSync(answers, JSON.stringify({ commands: {
    'metasync.conflicts': [{ conflicts: [CONFLICT] }, { conflicts: [] }],
    'metasync.resolveConflict': [{ resolved: true }],
  } }));
  const program = path.join(bench.room('between'), 'metasync');
  const node = path.join(required('METASYNC_TEST_VSCODE'), 'node');
  fs.writeFileSync(program, `#!/bin/sh\nexec '${node}' '${path.join(import.meta.dirname, '..', 'between.mjs')}' '${answers}' '${required('METASYNC_BIN')}' "$@"\n`, { mode: 0o755 });
  bench.setMachineSettings({ 'metasync.server.path': program });
  await bench.open(workspace, { files: ['models/marts/customers.sql'] });
  await hands.editor().waitFor();

  await hands.step('after a sync a conflict is told, with both sides to compare', async () => {
    await hands.toast('notes.md was changed here and in the shared library').waitFor();
    await page.locator('.tab', { hasText: 'notes.md: shared ↔ mine' }).waitFor();
    await page.locator('.modified-in-monaco-diff-editor .view-line', { hasText: 'of the shop' }).waitFor();
    await hands.shoot('conflict');
  });

  await hands.step('left alone it stays; the palette brings it back', async () => {
    await hands.clearToasts();
    await hands.palette('Metadata: Resolve Conflicts');
    await hands.toast('notes.md was changed').waitFor();
  });

  await hands.step('a choice settles it', async () => {
    await hands.toast('notes.md was changed').getByRole('button', { name: 'Keep Both' }).click();
    await hands.toast('The conflict of notes.md is settled').waitFor();
    const asked = fs.readFileSync(`${answers}.log`, 'utf8').trim().split('\n').map((line) => JSON.parse(line));
    assert.deepEqual(asked.filter(([command]) => command === 'metasync.resolveConflict'), [['metasync.resolveConflict', 'f1', 'keep_both']]);
  });

  await hands.step('then there are none', async () => {
    await hands.clearToasts();
    await hands.palette('Metadata: Resolve Conflicts');
    await hands.toast('There are no conflicts').waitFor();
  });
}
