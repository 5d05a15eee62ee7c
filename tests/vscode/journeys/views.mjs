// The Metadata view: connections, objects by type, columns; filter, badges, menus; the syncs beside it.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { STEP_TIMEOUT_MS, tidy } from '../hands.mjs';
import { copyExample, until } from '../workbench.mjs';

export async function views(bench, hands) {
  const { page } = bench;
  const workspace = bench.room('jaffle_shop');
  copyExample(workspace);
  await bench.open(workspace, { files: ['models/marts/customers.sql'] });
  await hands.editor().waitFor();
  await hands.status(/^Metadata: [\d,]{2,} objects$/);

  const tree = hands.tree('metasync.objects');

  await hands.step('the activity bar opens the catalogue: the connection with its types', async () => {
    await page.locator('.activitybar a[aria-label^="Metadata"]').first().click();
    await tree.row('jaffle_shop').waitFor();
    await tree.row('Models').waitFor();
    await hands.shoot('view-types');
  });

  await hands.step('a type unfolds to its objects, an object to its columns', async () => {
    await tree.unfold('Models');
    await tree.row('orders', 'One row per order').waitFor();
    await tree.unfold('orders', 'One row per order');
    await tree.row('order_total', /decimal/).waitFor();
    await hands.shoot('view-columns');
  });

  await hands.step('a click opens the file', async () => {
    await tree.row('stg_orders').click();
    await page.locator('.tab.active', { hasText: 'stg_orders.sql' }).waitFor();
  });

  await hands.step('the filter leaves what has the text in its name', async () => {
    await hands.palette('Metadata: Filter Catalogue');
    await hands.answer('Part of a name', 'paym');
    await tree.row('order_payments').waitFor();
    await until(async () => (await tree.rows('customers').count()) === 0, STEP_TIMEOUT_MS, 'customers is still listed');
    await hands.shoot('view-filtered');
    await hands.palette('Metadata: Clear Filter');
    await tree.row('customers').waitFor();
  });

  await hands.step('what a sync changed gets a badge, told in the status bar and by no notification', async () => {
    await tree.row('orders', 'One row per order').click();
    await page.locator('.tab.active', { hasText: /^orders.sql/ }).waitFor();
    const file = path.join(workspace, 'models/marts/orders.sql');
    fs.writeFileSync(file, fs.readFileSync(file, 'utf8').replace(/(\s+)(orders\.order_date)/, '$1orders.order_date as day_of_order,$1$2'));
    await hands.palette('Metadata: Sync Metadata');
    await hands.toast('Metadata is up to date').waitFor();
    await hands.clearToasts();
    const badge = tree.row('orders', 'One row per order').locator('.monaco-icon-label[aria-label*="changed"], .monaco-icon-label').first();
    await until(async () => /^[MA]$/.test(await badge.evaluate((label) => getComputedStyle(label, '::after').content.replaceAll('"', ''))), STEP_TIMEOUT_MS, 'orders has no badge');
    console.log(`     status bar: ${tidy((await page.locator('.statusbar-item').allInnerTexts()).join(' | '))}`);
    assert.equal(await hands.toast(/orders/).count(), 0);
    await hands.shoot('view-badges');
  });

  await hands.step('the menu of an object shows its lineage', async () => {
    await tree.row('orders', 'One row per order').click({ button: 'right' });
    await page.locator('.monaco-menu').getByText('Show Lineage', { exact: true }).waitFor();
    await hands.shoot('view-menu');
    await page.keyboard.press('Escape');
  });

  await hands.step('the syncs: the schedule, and how the earlier ones went', async () => {
    const syncs = hands.tree('metasync.syncs');
    await syncs.header().click();
    await syncs.row(/Every 5 min/).waitFor();
    await syncs.row(/command/).waitFor();
    await hands.shoot('view-syncs');
  });

  await hands.step('the dark theme', async () => {
    await hands.theme('vs-dark');
    await hands.shoot('view-dark');
  });
}
