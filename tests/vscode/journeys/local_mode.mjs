// The newcomer: opens the example, sets nothing up, and uses everything once.
import assert from 'node:assert/strict';
import { STEP_TIMEOUT_MS, tidy } from '../hands.mjs';
import { copyExample, until } from '../workbench.mjs';

export async function localMode(bench, hands) {
  const { page } = bench;
  const workspace = bench.room('jaffle_shop');
  copyExample(workspace);
  await bench.open(workspace, { files: ['models/marts/customers.sql'] });
  await hands.editor().waitFor();

  await hands.step('the status bar tells how many objects are known', async () => {
    console.log(`     status bar: ${await hands.status(/^Metadata: [\d,]{2,} objects$/)}`);
  });

  await hands.step('hovering over a ref() shows the model', async () => {
    assert.match(await hands.hoverOver('stg_customers', 'One row per customer with a loyalty card'), /customer_id/);
    await hands.shoot('hover-ref');
  });

  await hands.step('hovering over a column shows what it means', async () => {
    await hands.hoverOver('lifetime_value', /paid so far in euros/, 'coalesce');
    await hands.shoot('hover-column');
    await hands.leaveHover();
  });

  await hands.step('a description that is a table is shown as one', async () => {
    await hands.hoverOver('status', /Where the order stands/, 'where status');
    await page.locator('.monaco-hover:visible td', { hasText: 'ready at the counter' }).waitFor();
    await hands.shoot('hover-table');
    await hands.leaveHover();
  });

  await hands.step('"Metadata: Sync Metadata" shows progress and says how it ended', async () => {
    await hands.palette('Metadata: Sync Metadata');
    await hands.toast('Syncing metadata').waitFor();
    await hands.shoot('sync-small');
    await hands.toast('Metadata is up to date').waitFor();
    console.log(`     message: ${tidy(await hands.toast('Metadata is up to date').innerText())}`);
    await hands.shoot('sync-done');
    await hands.clearToasts();
  });

  await hands.step('the palette lists the commands', async () => {
    await hands.openPalette('Metadata: ');
    await hands.row('Metadata: Sync Metadata').waitFor();
    await hands.shoot('palette');
    await page.keyboard.press('Escape');
  });

  await hands.step('search finds a model and opens its file', async () => {
    await hands.palette('Metadata: Search');
    await hands.quickInput().locator('.quick-input-box input').last().fill('daily_rev');
    await hands.row('daily_revenue').waitFor();
    await hands.shoot('search');
    await page.keyboard.press('Enter');
    await page.locator('.tab.active', { hasText: 'daily_revenue.sql' }).waitFor();
  });

  await hands.step('lineage of the file at hand, as a list', async () => {
    await hands.palette('Metadata: Show Lineage as List');
    await hands.row('stg_tickets').waitFor();
    await hands.shoot('lineage-list');
    await page.keyboard.press('Escape');
  });

  await hands.step('the history shows the sync that was asked for', async () => {
    await hands.palette('Metadata: Sync History');
    await hands.row(/command/).waitFor();
    await hands.shoot('history');
    await page.keyboard.press('Escape');
  });

  await hands.step('a click on the status bar shows the details', async () => {
    await hands.statusItem().click();
    await hands.row('Last sync').waitFor();
    await hands.shoot('status');
    await page.keyboard.press('Escape');
  });

  await hands.step('the doctor finds nothing wrong', async () => {
    await hands.palette('Metadata: Doctor');
    await hands.quickInput().filter({ hasText: 'all is well' }).waitFor();
    await hands.shoot('doctor');
    await page.keyboard.press('Escape');
  });

  await hands.step('the log is there', async () => {
    await hands.palette('Metadata: Show Log');
    const panel = page.locator('.part.panel .view-lines');
    await until(async () => /metasync\S*: \S/.test(tidy((await panel.allInnerTexts()).join(' '))), STEP_TIMEOUT_MS, 'the output channel is empty');
    await hands.shoot('log');
  });

  await hands.step('the embedded hub\'s port is nobody else\'s business', async () => {
    // VS Code looks for new ports every two seconds, at those of all programs of this machine.
    await page.waitForTimeout(3_000);
    await hands.palette('Ports: Focus on Ports View');
    const ports = page.locator('.part.panel .pane-body, .part.panel .tree-explorer-viewlet-tree-view').first();
    await ports.waitFor();
    assert.doesNotMatch(tidy(await ports.innerText()), /metasync\S*\slsp/);
    await hands.shoot('ports');
  });
}
