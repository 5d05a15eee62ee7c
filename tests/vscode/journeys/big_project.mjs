// A project that takes a while: progress is seen, a sync is cancelled, another one goes through.
import assert from 'node:assert/strict';
import { STEP_TIMEOUT_MS, tidy } from '../hands.mjs';
import { writeProject } from './generated_project.mjs';

/** So many that indexing them takes seconds on any machine. */
const MODELS = 4_000;
const FIRST_SYNC_TIMEOUT_MS = 4 * STEP_TIMEOUT_MS;

export async function bigProject(bench, hands) {
  const workspace = bench.room('warehouse');
  const { models, first } = writeProject(workspace, MODELS);
  await bench.open(workspace, { files: [first] });
  await hands.editor().waitFor();

  await hands.step(`a full sync of ${models} models shows percentages and can be cancelled`, async () => {
    console.log(`     status bar: ${await hands.status(/^Metadata: [1-9][\d,]{3,} objects$/, FIRST_SYNC_TIMEOUT_MS)}`);
    await hands.palette('Metadata: Sync Metadata (Full)');
    const running = hands.toast(/Syncing metadata.*\d %/);
    await hands.toast(/Syncing metadata.*[1-9]\d %/).waitFor();
    assert.equal(await running.locator('.monaco-progress-container').count(), 1);
    console.log(`     progress: ${tidy(await running.innerText())}; status bar: ${await hands.statusText()}`);
    await hands.shoot('progress');
    await running.getByRole('button', { name: 'Cancel' }).click();
    await hands.toast('cancelled').waitFor();
    await hands.shoot('cancelled');
  });

  await hands.step('after cancelling, everything known before still answers', async () => {
    await hands.hoverOver('layer0_model_00000', 'Model 0 of layer 0');
    await hands.shoot('hover-after-cancel');
    await hands.leaveHover();
  });

  await hands.step('a second full sync goes through', async () => {
    await hands.clearToasts();
    await hands.theme('vs-dark');
    await hands.palette('Metadata: Sync Metadata (Full)');
    await hands.toast(/Syncing metadata.*\d %/).waitFor();
    await hands.shoot('progress-dark');
    await hands.toast('Metadata is up to date').waitFor({ timeout: FIRST_SYNC_TIMEOUT_MS });
    console.log(`     message: ${tidy(await hands.toast('Metadata is up to date').innerText())}`);
    await hands.shoot('big-done');
  });
}
