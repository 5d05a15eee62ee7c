// What a curious user finds: the tooltip with its links, the walkthrough, the settings, the report,
// completion; in the dark theme.
import assert from 'node:assert/strict';
import { STEP_TIMEOUT_MS, tidy } from '../hands.mjs';
import { copyExample, themeOf, until } from '../workbench.mjs';

export async function tour(bench, hands) {
  const { page } = bench;
  const workspace = bench.room('jaffle_shop');
  copyExample(workspace);
  bench.setUserSettings({ 'workbench.colorTheme': themeOf('vs-dark').id });
  await bench.open(workspace, { files: ['models/marts/customers.sql'] });
  await hands.editor().waitFor();
  await hands.status(/^Metadata: [\d,]{2,} objects$/);

  await hands.step('the tooltip of the status bar tells how it stands, and links what can be done', async () => {
    const tooltip = page.locator('.monaco-hover:visible, .workbench-hover:visible', { hasText: 'Last sync' }).first();
    await until(async () => {
      await page.mouse.move(640, 400);
      await hands.statusItem().hover();
      await tooltip.waitFor({ timeout: 3_000 });
      return true;
    }, STEP_TIMEOUT_MS, 'there is no tooltip');
    for (const text of ['Connections', 'jaffle_shop', 'Objects', 'Sync', 'Lineage', 'Doctor']) assert.ok((await tooltip.innerText()).includes(text), text);
    await hands.shoot('tooltip-dark');
    await tooltip.getByText('Search', { exact: true }).click();
    await hands.quickInput().filter({ hasText: 'Metadata: Search' }).waitFor();
    await page.keyboard.press('Escape');
  });

  await hands.step('a hover in the dark theme', async () => {
    await hands.hoverOver('stg_customers', 'One row per customer with a loyalty card');
    await hands.shoot('hover-dark');
    await hands.leaveHover();
  });

  await hands.step('completion inside ref() offers models with what they are', async () => {
    await hands.editor().click();
    await page.keyboard.press('Control+End');
    await page.keyboard.type("\nselect * from {{ ref('stg_");
    const list = page.locator('.suggest-widget.visible');
    await list.locator('.monaco-list-row', { hasText: 'stg_orders' }).first().waitFor();
    await hands.shoot('completion-dark');
    await page.keyboard.press('Escape');
    await hands.palette('File: Revert File');
  });

  await hands.step('the walkthrough is there, with its pictures', async () => {
    await hands.palette('Welcome: Open Walkthrough...');
    await hands.quickInput().locator('.quick-input-box input').last().fill('metasync');
    await hands.row('Get started with metasync').click();
    await page.locator('.gettingStartedContainer', { hasText: 'Hover over a name' }).waitFor();
    await page.locator('.getting-started-step', { hasText: 'Follow the lineage' }).first().click();
    await page.waitForTimeout(1_000);
    await hands.shoot('walkthrough-dark');
  });

  await hands.step('each setting has a description', async () => {
    await page.keyboard.press('Control+,');
    const search = page.locator('.settings-editor .suggest-input-container').first();
    await search.waitFor();
    await page.keyboard.type('@ext:metasync.metasync');
    await page.locator('.setting-item-contents', { hasText: "Address of your team's hub" }).first().waitFor();
    await hands.shoot('settings-dark');
    assert.equal(await page.locator('.setting-item-contents', { hasText: '%setting' }).count(), 0);
    // Newer versions show them above everything else.
    await page.keyboard.press('Escape');
  });

  await hands.step('a report holds what helps and neither folder nor name', async () => {
    await hands.palette('Metadata: Report an Issue');
    await page.locator('.tab.active', { hasText: /Untitled|What happened/ }).waitFor();
    await hands.toast('Read the report').waitFor();
    const lines = page.locator('.editor-instance .view-lines').last();
    const shown = async () => tidy((await lines.innerText()).replaceAll('\u00a0', ' '));
    await until(async () => /What happened/.test(await shown()), STEP_TIMEOUT_MS, 'the report is empty');
    const text = await shown();
    assert.match(text, /server metasync \d/);
    assert.ok(!text.includes(bench.folder), 'it names a folder');
    assert.ok(!text.includes('jaffle_shop'), 'it names the project');
    await hands.shoot('report-dark');
    await hands.clearToasts();
  });

  await hands.step('VS Code tells what the activation took', async () => {
    await hands.palette('Developer: Show Running Extensions');
    const row = page.locator('.runtime-extensions-editor .extension', { hasText: 'metasync' }).first();
    await row.waitFor();
    const shown = tidy(await row.innerText());
    const ms = Number(/(\d+)ms/.exec(shown)?.[1]);
    // Beside it the others, which tell how busy the machine is.
    const others = (await page.locator('.runtime-extensions-editor .extension').allInnerTexts()).map((text) => tidy(text)).filter((text) => /\d+ms/.test(text));
    console.log(`     activation: ${ms} ms; all: ${others.map((text) => text.replace(/Activation: /, '').slice(0, 60)).join(' | ')}`);
    assert.ok(Number.isInteger(ms), shown);
    await hands.shoot('running-extensions');
  });
}
