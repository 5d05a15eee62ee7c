// The server dies: it comes back by itself and whoever asked gets an answer; when it dies again and again
// it is told what happened, and one button starts it anew.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { STEP_TIMEOUT_MS } from '../hands.mjs';
import { copyExample, required, until } from '../workbench.mjs';

/** As often as the extension starts it again, and once more. */
const ENDS = 5;

export async function serverEnds(bench, hands) {
  const { page } = bench;
  const workspace = bench.room('jaffle_shop');
  copyExample(workspace);
  // Each server writes down which process it is, and leaves it to the program.
  const program = path.join(bench.room('program'), 'metasync');
  const started = path.join(bench.room('program'), 'started');
  fs.writeFileSync(program, `#!/bin/sh\necho $$ >>'${started}'\nexec '${required('METASYNC_BIN')}' "$@"\n`, { mode: 0o755 });
  bench.setMachineSettings({ 'metasync.server.path': program });
  await bench.open(workspace, { files: ['models/marts/customers.sql'] });
  await hands.editor().waitFor();
  await hands.status(/^Metadata: [\d,]{2,} objects$/);
  const servers = () => fs.readFileSync(started, 'utf8').trim().split('\n').map(Number);
  const kill = () => process.kill(servers().at(-1), 'SIGKILL');

  await hands.step('killed once, it comes back by itself, and says nothing', async () => {
    kill();
    await until(() => servers().length === 2, STEP_TIMEOUT_MS, 'it was not started again');
    await hands.status(/^Metadata: [\d,]{2,} objects$/);
    await hands.hoverOver('stg_customers', 'One row per customer with a loyalty card');
    await hands.leaveHover();
    assert.equal(await page.locator('.notification-toast').count(), 0);
  });

  await hands.step('killed again and again: told once, with what can be done', async () => {
    for (let ends = 2; ends <= ENDS; ends++) {
      await until(() => servers().length === ends, STEP_TIMEOUT_MS, `server ${ends} was not started`);
      await hands.status(/^Metadata: [\d,]{2,} objects$/);
      kill();
    }
    await hands.toast('is not started again by itself').waitFor();
    await hands.status(/not running$/);
    await hands.shoot('server-ended');
  });

  await hands.step('a button starts it anew, without a reload of the window', async () => {
    await hands.toast('is not started again by itself').getByRole('button', { name: 'Restart Server' }).click();
    await hands.status(/^Metadata: [\d,]{2,} objects$/);
    await hands.hoverOver('stg_customers', 'One row per customer with a loyalty card');
  });
}
