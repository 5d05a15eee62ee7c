// A workspace from elsewhere, not trusted: its settings name a program and a hub, and neither is used.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { STEP_TIMEOUT_MS } from '../hands.mjs';
import { copyExample, required, until } from '../workbench.mjs';

/** For the workbench: trust counts here, and nobody is asked at the start. */
export const untrustedBench = {
  trust: true,
  settings: {
    'security.workspace.trust.enabled': true,
    'security.workspace.trust.startupPrompt': 'never',
    'security.workspace.trust.emptyWindow': false,
  },
};

export async function untrusted(bench, hands) {
  const { page } = bench;
  const workspace = bench.room('from_elsewhere');
  copyExample(workspace);
  const mark = path.join(bench.folder, 'was-started');
  const program = path.join(workspace, 'metasync');
  fs.writeFileSync(program, `#!/bin/sh\ntouch '${mark}'\nexec '${required('METASYNC_BIN')}' "$@"\n`, { mode: 0o755 });
  fs.mkdirSync(path.join(workspace, '.vscode'));
  fs.writeFileSync(path.join(workspace, '.vscode', 'settings.json'), JSON.stringify({ 'metasync.server.path': program, 'metasync.hub.url': 'http://127.0.0.1:9' }));
  await bench.open(workspace, { files: ['models/marts/customers.sql'] });
  await hands.editor().waitFor();

  await hands.step('not trusted: hovers work, in local mode', async () => {
    await hands.status(/^Metadata: [\d,]{2,} objects$/);
    await hands.hoverOver('stg_customers', 'One row per customer with a loyalty card');
    await hands.shoot('untrusted');
    await hands.leaveHover();
  });

  await hands.step('not trusted: the workspace\'s program was not started', async () => {
    assert.ok(!fs.existsSync(mark));
  });

  await hands.step('trusted: its settings count', async () => {
    await hands.palette('Workspaces: Manage Workspace Trust');
    await page.getByRole('button', { name: 'Trust', exact: true }).first().click();
    await until(() => fs.existsSync(mark), STEP_TIMEOUT_MS, 'the program of the settings was not started');
    await hands.shoot('trusted');
  });
}
