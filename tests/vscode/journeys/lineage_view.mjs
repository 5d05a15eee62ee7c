// The lineage below the editor follows it, and so does the catalogue; both by keyboard alone.
import assert from 'node:assert/strict';
import { STEP_TIMEOUT_MS } from '../hands.mjs';
import { copyExample, until } from '../workbench.mjs';

export async function lineageView(bench, hands) {
  const { page } = bench;
  const workspace = bench.room('jaffle_shop');
  copyExample(workspace);
  await bench.open(workspace, { files: ['models/marts/customers.sql'] });
  await hands.editor().waitFor();
  await hands.status(/^Metadata: [\d,]{2,} objects$/);

  const graph = page.frameLocator('iframe.webview.ready').frameLocator('#active-frame');
  const note = graph.locator('#note');
  const shows = (name) => note.filter({ hasText: `${name}: ` }).waitFor({ timeout: STEP_TIMEOUT_MS });
  const tree = hands.tree('metasync.objects');
  const selected = (name) => tree.row(name).and(page.locator('.selected')).waitFor();

  await hands.step('the view draws what the editor shows', async () => {
    await hands.palette('Metadata: Show Lineage View');
    await shows('customers');
    await graph.locator('#follow[aria-pressed="true"]').waitFor();
    await hands.shoot('lineage-view');
  });

  await hands.step('another file, another graph; the editor keeps the focus', async () => {
    await hands.openFile('orders.sql');
    await shows('orders');
    assert.ok(await page.evaluate(() => document.activeElement?.tagName !== 'IFRAME'), 'the view took the focus');
  });

  await hands.step('in YAML it is the model around the cursor', async () => {
    await hands.openFile('_marts.yml');
    await shows('customers');
    // a key that comes before the text has the focus goes nowhere
    await until(async () => {
      await page.keyboard.press('Control+End');
      return note.filter({ hasText: 'daily_revenue: ' }).waitFor({ timeout: 3_000 }).then(() => true);
    }, STEP_TIMEOUT_MS, 'the graph does not follow the cursor');
  });

  await hands.step('the catalogue selects the object of the file, wherever it is folded away', async () => {
    await page.locator('.activitybar a[aria-label^="Metadata"]').first().click();
    await selected('daily_revenue');
    await hands.openFile('stg_orders.sql');
    await selected('stg_orders');
    await hands.shoot('lineage-view-reveal');
  });

  await hands.step('held fast, it stays with what it shows', async () => {
    await shows('stg_orders');
    await graph.locator('#follow').click();
    await graph.locator('#follow[aria-pressed="false"]').waitFor();
    await hands.openFile('customers.sql');
    await selected('customers');
    assert.match(await note.innerText(), /^stg_orders: /);
    await graph.locator('#follow').click();
    await shows('customers');
  });

  await hands.step('a column of the catalogue opens where it is made', async () => {
    await tree.unfold('customers', 'One row per customer');
    await tree.row('lifetime_value').click();
    await until(async () => /lifetime_value/.test(await page.locator('.breadcrumbs-control').first().innerText()), STEP_TIMEOUT_MS, 'the cursor is not at the column');
  });
}
