// Somebody writes: a wrong name is told and mended, types and stars stand in the text, lenses lead to
// the graph, a rename reaches all files.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { STEP_TIMEOUT_MS, tidy } from '../hands.mjs';
import { copyExample, until } from '../workbench.mjs';

export async function editing(bench, hands) {
  const { page } = bench;
  const workspace = bench.room('jaffle_shop');
  copyExample(workspace);
  await bench.open(workspace, { files: ['models/marts/order_payments.sql'] });
  await hands.editor().waitFor();
  await hands.status(/^Metadata: [\d,]{2,} objects$/);

  await hands.step('above the model stands how much it is built from and how much uses it; a click draws the graph', async () => {
    const lens = page.locator('.codelens-decoration a').first();
    await lens.waitFor();
    console.log(`     lenses: ${tidy((await page.locator('.codelens-decoration').allInnerTexts()).join(' · '))}`);
    await hands.shoot('code-lens');
    await lens.click();
    await page.locator('.tab.active', { hasText: 'Lineage: order_payments' }).waitFor();
    await page.keyboard.press('Control+F4');
    await page.locator('.tab', { hasText: 'order_payments.sql' }).first().click();
  });

  await hands.step('types of columns and what a star stands for are shown in the text', async () => {
    await until(async () => /varchar|integer|decimal|bigint|date|stg_|order_id/.test(tidy((await page.locator('[class*="dyn-rule"]').allInnerTexts()).join(' '))), STEP_TIMEOUT_MS, 'there are no hints');
    await hands.shoot('inlay-hints');
  });

  await hands.step('a model that is not there is told', async () => {
    await page.locator('.view-line').getByText('stg_payments', { exact: true }).dblclick();
    await page.keyboard.type('stg_paymnts');
    await page.keyboard.press('Escape');
    await page.locator('.squiggly-warning, .squiggly-error').first().waitFor();
    await hands.hoverOver('stg_paymnts', /is called/);
    await hands.shoot('diagnostic');
    await hands.leaveHover();
  });

  await hands.step('and mended with one key', async () => {
    await page.keyboard.press('Control+.');
    const menu = page.locator('.action-widget');
    await menu.getByText('Change to `stg_payments`').waitFor();
    await hands.shoot('quick-fix');
    await menu.getByText('Change to `stg_payments`').click();
    await page.locator('.view-line', { hasText: "ref('stg_payments')" }).last().waitFor();
    await until(async () => (await page.locator('.squiggly-warning, .squiggly-error').count()) === 0, STEP_TIMEOUT_MS, 'it is still told');
    await hands.palette('File: Revert File');
  });

  await hands.step('columns are offered after an alias, with their types', async () => {
    await hands.editor().click();
    await page.keyboard.press('Control+Home');
    await page.keyboard.type("select o. from {{ ref('orders') }} as o -- ");
    await page.keyboard.press('Home');
    for (let i = 0; i < 'select o.'.length; i++) await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Control+Space');
    const list = page.locator('.suggest-widget.visible');
    await list.locator('.monaco-list-row', { hasText: 'order_total' }).first().waitFor();
    await hands.shoot('completion-columns');
    await page.keyboard.press('Escape');
    await hands.palette('File: Revert File');
  });

  await hands.step('a rename reaches the file, its description and all that uses it', async () => {
    // by line and column: how the name is cut into pieces depends on the highlighting of the moment
    const lines = fs.readFileSync(path.join(workspace, 'models/marts/order_payments.sql'), 'utf8').split('\n');
    const line = lines.findIndex((text) => text.includes("ref('stg_payments')"));
    await hands.editor().click();
    await page.keyboard.press('Control+g');
    await page.keyboard.type(`${line + 1}:${lines[line].indexOf('stg_payments') + 3}`);
    await page.keyboard.press('Enter');
    await page.keyboard.press('F2');
    const box = page.locator('.rename-box input');
    await box.waitFor();
    await box.fill('stg_paid');
    await hands.shoot('rename');
    await page.keyboard.press('Enter');
    await page.locator('.view-line', { hasText: "ref('stg_paid')" }).first().waitFor();
    await hands.palette('File: Save All Files');
    await until(() => fs.existsSync(path.join(workspace, 'models/staging/stg_paid.sql')), STEP_TIMEOUT_MS, 'the file was not renamed');
    await until(() => fs.readFileSync(path.join(workspace, 'models/marts/order_payments.sql'), 'utf8').includes("ref('stg_paid')"), STEP_TIMEOUT_MS, 'the reference was not saved');
    assert.ok(!fs.existsSync(path.join(workspace, 'models/staging/stg_payments.sql')));
    await hands.shoot('renamed');
  });
}
