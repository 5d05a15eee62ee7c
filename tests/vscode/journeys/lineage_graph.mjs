// The lineage graph: unfolds, lists columns, follows one, moves by keyboard, opens files, saves a picture.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { STEP_TIMEOUT_MS } from '../hands.mjs';
import { copyExample, until } from '../workbench.mjs';

export async function lineageGraph(bench, hands) {
  const { page } = bench;
  const workspace = bench.room('jaffle_shop');
  copyExample(workspace);
  await bench.open(workspace, { files: ['models/marts/orders.sql'] });
  await hands.editor().waitFor();
  await hands.status(/^Metadata: [\d,]{2,} objects$/);

  const graph = page.frameLocator('iframe.webview.ready').frameLocator('#active-frame');
  const box = (name) => graph.locator(`.box[aria-label^="${name}, "]`);
  const boxes = graph.locator('.box');

  await hands.step('"Metadata: Show Lineage" draws the graph of the file at hand', async () => {
    await hands.palette('Metadata: Show Lineage');
    await box('orders').waitFor();
    await box('stg_orders').waitFor();
    await page.locator('.tab.active', { hasText: 'Lineage: orders' }).waitFor();
    console.log(`     ${await boxes.count()} objects; ${await graph.locator('#note').innerText()}`);
    await hands.shoot('lineage-light');
  });

  await hands.step('left is what it is built from, right what uses it', async () => {
    const x = async (name) => (await box(name).boundingBox()).x;
    assert.ok((await x('stg_orders')) < (await x('orders')));
    assert.ok((await x('orders')) < (await x('customers')));
  });

  await hands.step('a knob folds a side and unfolds it again', async () => {
    const before = await boxes.count();
    await box('orders').locator('.knob[data-side="upstream"]').click();
    await until(async () => (await boxes.count()) < before, STEP_TIMEOUT_MS, 'nothing was folded');
    await hands.shoot('lineage-folded');
    await box('orders').locator('.knob[data-side="upstream"]').click();
    await until(async () => (await boxes.count()) === before, STEP_TIMEOUT_MS, 'it was not unfolded');
  });

  await hands.step('the wheel zooms, dragging moves', async () => {
    const transform = () => graph.locator('#content').getAttribute('transform');
    const first = await transform();
    await page.mouse.move(640, 600);
    await page.mouse.wheel(0, -300);
    await until(async () => (await transform()) !== first, STEP_TIMEOUT_MS, 'the wheel did nothing');
    const zoomed = await transform();
    await page.mouse.down();
    await page.mouse.move(560, 560, { steps: 4 });
    await page.mouse.up();
    assert.notEqual(await transform(), zoomed);
    await graph.locator('#fit').click();
  });

  await hands.step('C lists the columns of the chosen object', async () => {
    await box('orders').focus();
    await page.keyboard.press('c');
    await box('orders').locator('.row[data-column="order_total"]').waitFor();
    await hands.shoot('lineage-columns');
  });

  await hands.step('a click on a column follows it through all objects', async () => {
    await box('orders').locator('.row[data-column="order_total"]').click();
    await graph.locator('.column-line').first().waitFor();
    await box('stg_order_items').locator('.row.traced[data-column="line_total"]').waitFor();
    await box('raw_products').locator('.row.traced[data-column="price_cents"]').waitFor();
    console.log(`     ${await graph.locator('.column-line').count()} steps; ${await graph.locator('#note').innerText()}`);
    await graph.locator('#fit').click();
    await hands.shoot('lineage-trace');
  });

  await hands.step('it follows the theme: dark and high contrast', async () => {
    const background = () => graph.locator('body').evaluate((body) => getComputedStyle(body).backgroundColor);
    const light = await background();
    for (const [theme, mark] of [['vs-dark', 'dark'], ['hc-black', 'high-contrast'], ['hc-light', 'high-contrast-light']]) {
      await hands.theme(theme);
      await graph.locator(`body.vscode-${mark}`).waitFor();
      if (theme !== 'hc-light') await until(async () => (await background()) !== light, STEP_TIMEOUT_MS, `the background stayed ${light}`);
      await hands.shoot(`lineage-${mark}`);
    }
    await hands.theme('vs');
    await graph.locator('body.vscode-light').waitFor();
  });

  await hands.step('arrows move the focus, Escape ends the trace', async () => {
    await graph.locator('.row.traced').first().focus();
    await page.keyboard.press('Escape');
    await until(async () => (await graph.locator('.column-line').count()) === 0, STEP_TIMEOUT_MS, 'the trace is still there');
    await page.keyboard.press('Home');
    const focused = () => graph.locator('.box:focus').getAttribute('aria-label');
    assert.match(await focused(), /^orders, /);
    await page.keyboard.press('ArrowRight');
    await until(async () => /^(?!orders, )/.test((await focused()) ?? 'orders, '), STEP_TIMEOUT_MS, 'the focus did not move right');
    console.log(`     right of orders: ${await focused()}`);
    await hands.shoot('lineage-keyboard');
  });

  await hands.step('Space puts the chosen object into the middle', async () => {
    await box('stg_orders').focus();
    await page.keyboard.press(' ');
    await page.locator('.tab.active', { hasText: 'Lineage: stg_orders' }).waitFor();
  });

  await hands.step('Enter opens the file', async () => {
    await box('raw_orders').focus();
    await page.keyboard.press('Enter');
    await page.locator('.tab', { hasText: 'raw_orders.csv' }).waitFor();
  });

  await hands.step('the graph is saved as a picture', async () => {
    await graph.locator('#export').click();
    const input = hands.quickInput().locator('.quick-input-box input').last();
    const file = path.join(workspace, 'lineage-stg_orders.svg');
    await until(async () => (await input.inputValue()) === file, STEP_TIMEOUT_MS, `the dialog does not offer ${file}`);
    await page.keyboard.press('Enter');
    await hands.toast('The graph was saved').waitFor();
    const text = fs.readFileSync(file, 'utf8');
    assert.match(text, /^<\?xml/);
    assert.match(text, /stg_orders/);
    assert.ok(!/var\(--|class=|<script|<foreignObject/.test(text), 'it depends on VS Code');
    fs.copyFileSync(file, path.join(hands.out, 'lineage-saved.svg'));
    await hands.shoot('lineage-saved');
  });

  await hands.step('a reload of the window brings the graph back', async () => {
    await hands.clearToasts();
    // Without files to open, as after closing and opening the window.
    await bench.open(workspace);
    await page.locator('.tab', { hasText: /^Lineage: / }).first().click();
    await box('stg_orders').waitFor();
  });
}
