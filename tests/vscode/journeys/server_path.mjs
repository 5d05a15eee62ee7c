// A setting that leads nowhere: said clearly, and put right without a reload.
import path from 'node:path';
import { required, copyExample } from '../workbench.mjs';

const NOWHERE = path.join(path.sep, 'nowhere', 'metasync');

/** For the workbench. */
export const serverPathBench = { machineSettings: { 'metasync.server.path': NOWHERE } };

export async function serverPath(bench, hands) {
  const { page } = bench;
  const workspace = bench.room('jaffle_shop');
  copyExample(workspace);
  await bench.open(workspace, { files: ['models/marts/customers.sql'] });
  await hands.editor().waitFor();

  await hands.step('a program that is not there: the message names it, the status bar says so', async () => {
    await hands.toast(NOWHERE).waitFor();
    await hands.status(/not running$/);
    await hands.shoot('no-server');
  });

  await hands.step('a command says the same instead of hanging', async () => {
    await hands.clearToasts();
    await hands.palette('Metadata: Sync Metadata');
    await hands.toast(NOWHERE).waitFor();
  });

  await hands.step('a click on the status bar offers what can be done', async () => {
    await hands.statusItem().click();
    await hands.row('Restart Server').waitFor();
    await page.keyboard.press('Escape');
  });

  await hands.step('with the setting put right the server starts', async () => {
    bench.setMachineSettings({ 'metasync.server.path': required('METASYNC_BIN') });
    await hands.status(/^Metadata: [\d,]{2,} objects$/);
  });
}
