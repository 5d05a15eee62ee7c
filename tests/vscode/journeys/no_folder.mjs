// A window without a folder: nothing turns for ever, and a button opens one; a folder in which nothing is says so.
import assert from 'node:assert/strict';
import { tidy } from '../hands.mjs';

export async function noFolder(bench, hands) {
  const { page } = bench;

  await hands.step('without a folder the view offers to open one', async () => {
    await page.goto(`http://127.0.0.1:${bench.port}/?ew=true`, { waitUntil: 'domcontentloaded' });
    await page.locator('.activitybar a[aria-label^="Metadata"]').first().click();
    await page.locator('.welcome-view-content', { hasText: 'Open the folder of your SQL or dbt project' }).waitFor();
    await hands.status(/^Metadata: no folder$/);
    await hands.shoot('no-folder');
  });

  await hands.step('a command says the same', async () => {
    await hands.palette('Metadata: Sync Metadata');
    await hands.toast('Open the folder of your SQL or dbt project').waitFor();
    console.log(`     ${tidy(await hands.toast('Open the folder').innerText())}`);
    await hands.clearToasts();
  });

  await hands.step('an empty folder is synced, and known to be empty', async () => {
    await bench.open(bench.room('empty'));
    await page.locator('.activitybar a[aria-label^="Metadata"]').first().click();
    await hands.tree('metasync.objects').row('empty').waitFor();
    assert.match(await hands.status(/objects$/), /^Metadata: 0 objects$/);
  });
}
