// What a user does, in the page of a real VS Code, with the packaged extension that carries its server.
//   node journey.mjs FOLDER_FOR_SCREENSHOTS      (environment: see run.sh)
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { writeBigProject } from './big_project.mjs';
import { Workbench, copyExample, required, until } from './workbench.mjs';

const STEP_TIMEOUT_MS = 60_000;
/** So many that indexing them takes seconds on any machine. */
const BIG_PROJECT_MODELS = 4_000;

const out = path.resolve(process.argv[2] ?? fs.mkdtempSync(path.join(os.tmpdir(), 'metasync-screenshots-')));
fs.mkdirSync(out, { recursive: true });

const vsix = packageExtension();
const bench = await Workbench.start({ vsix });
const { page } = bench;
page.setDefaultTimeout(STEP_TIMEOUT_MS);
let passed = 0;
let failed = 0;
try {
  await smallProject();
  await bigProject();
} catch (error) {
  failed += 1;
  console.log(`  FAIL ${error.stack}`);
  await page.screenshot({ path: path.join(out, 'failure.png') }).catch(() => {});
  fs.copyFileSync(bench.log, path.join(out, 'server.log'));
} finally {
  await bench.stop();
  fs.rmSync(path.dirname(vsix), { recursive: true, force: true });
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);

async function smallProject() {
  const workspace = bench.room('jaffle_shop');
  copyExample(workspace);
  await bench.open(workspace, { files: ['models/marts/customers.sql'] });
  await page.waitForSelector('.monaco-workbench');
  await editor().waitFor();

  await step('the status bar tells how many objects are known', async () => {
    const text = await until(async () => {
      const shown = await statusText();
      return /Metadata: [\d,]+ objects/.test(shown) && shown;
    }, STEP_TIMEOUT_MS, 'the status bar shows no count');
    console.log(`     status bar: ${text}`);
  });

  await step('hovering over a ref() shows the model', async () => {
    const hover = await hoverOver('stg_customers', 'One row per customer with a loyalty card');
    const text = (await hover.innerText()).replace(/\s+/g, ' ');
    assert.match(text, /customer_id/);
    await shoot('hover-ref');
  });

  await step('hovering over a column shows what it means', async () => {
    await hoverOver('lifetime_value', /paid so far in euros/, 'coalesce');
    await shoot('hover-column');
  });

  await step('"Metadata: Sync Metadata" shows progress and says how it ended', async () => {
    await leaveHover();
    await palette('Metadata: Sync Metadata');
    await toast('Syncing metadata').first().waitFor();
    await shoot('sync-small');
    const done = toast('Metadata is up to date');
    await done.first().waitFor();
    console.log(`     message: ${(await done.first().innerText()).replace(/\s+/g, ' ').trim()}`);
    await shoot('sync-done');
  });

  await step('the palette lists the commands', async () => {
    await openPalette('Metadata: ');
    await rows().filter({ hasText: 'Metadata: Sync Metadata' }).first().waitFor();
    await shoot('palette');
    await page.keyboard.press('Escape');
  });

  await step('search finds a model and opens its file', async () => {
    await palette('Metadata: Search');
    await quickInput().locator('input').last().fill('daily_rev');
    await rows().filter({ hasText: 'daily_revenue' }).first().waitFor();
    await shoot('search');
    await page.keyboard.press('Enter');
    await page.locator('.tab.active', { hasText: 'daily_revenue.sql' }).waitFor();
  });

  await step('lineage of the file at hand', async () => {
    await palette('Metadata: Show Lineage');
    await rows().filter({ hasText: 'stg_tickets' }).first().waitFor();
    await shoot('lineage');
    await page.keyboard.press('Escape');
  });

  await step('history', async () => {
    await palette('Metadata: Sync History');
    await rows().filter({ hasText: /command/ }).first().waitFor();
    await shoot('history');
    await page.keyboard.press('Escape');
  });

  await step('a click on the status bar shows the details', async () => {
    await statusItem().click();
    await rows().filter({ hasText: 'Last sync' }).first().waitFor();
    await shoot('status');
    await page.keyboard.press('Escape');
  });

  await step('the log is there', async () => {
    await palette('Metadata: Show Log');
    const panel = page.locator('.part.panel .view-lines');
    await until(async () => /Starting .*metasync/.test((await panel.allInnerTexts()).join(' ').replace(/\u00a0/g, ' ')), STEP_TIMEOUT_MS, 'the output channel is empty');
    await shoot('log');
  });
}

async function bigProject() {
  const workspace = bench.room('warehouse');
  const { models, first } = writeBigProject(workspace, BIG_PROJECT_MODELS);
  await bench.open(workspace, { files: [first] });
  await editor().waitFor();

  await step(`a full sync of ${models} models shows percentages and can be cancelled`, async () => {
    await until(async () => /Metadata: [1-9][\d,]* objects/.test(await statusText()), 4 * STEP_TIMEOUT_MS, 'the first sync does not end');
    await palette('Metadata: Sync Metadata (Full)');
    const running = toast('Syncing metadata');
    await running.filter({ hasText: /[2-9]\d %/ }).first().waitFor();
    assert.equal(await running.first().locator('.monaco-progress-container').count(), 1);
    console.log(`     progress: ${(await running.first().innerText()).replace(/\s+/g, ' ').trim()}; status bar: ${await statusText()}`);
    await shoot('progress');
    await running.first().getByRole('button', { name: 'Cancel' }).click();
    await toast('cancelled').first().waitFor();
    await shoot('cancelled');
  });

  await step('after cancelling, everything known before still answers', async () => {
    await hoverOver('layer0_model_00000', 'Model 0 of layer 0');
    await shoot('hover-after-cancel');
    await leaveHover();
  });

  await step('a second full sync goes through', async () => {
    await clearToasts();
    await palette('Metadata: Sync Metadata (Full)');
    const done = toast('Metadata is up to date');
    await done.first().waitFor({ timeout: 4 * STEP_TIMEOUT_MS });
    console.log(`     message: ${(await done.first().innerText()).replace(/\s+/g, ' ').trim()}`);
    await shoot('big-done');
  });
}

async function step(name, run) {
  try {
    await run();
    passed += 1;
    console.log(`  ok ${name}`);
  } catch (error) {
    throw new Error(`${name}: ${error.message}`, { cause: error });
  }
}

function shoot(name) { return page.screenshot({ path: path.join(out, `${name}.png`) }); }
function editor() { return page.locator('.editor-instance .view-lines').first(); }
function quickInput() { return page.locator('.quick-input-widget'); }
function rows() { return quickInput().locator('.quick-input-list .monaco-list-row'); }
function toast(text) { return page.locator('.notifications-toasts .notification-toast', { hasText: text }); }
function statusItem() { return page.locator('.statusbar-item[id="metasync.metasync.metasync.status"], .statusbar-item[id$="metasync.status"]').first(); }
async function statusText() { return (await statusItem().innerText()).replace(/\s+/g, ' ').trim(); }

/** Moves the mouse over a word until the hover says what is expected. */
async function hoverOver(word, expected, lineText = word) {
  const target = page.locator('.view-line', { hasText: lineText }).filter({ hasText: word }).first().locator('span > span', { hasText: word }).last();
  const hover = page.locator('.monaco-hover:visible', { hasText: expected }).first();
  await until(async () => {
    await page.mouse.move(640, 790);
    const place = await wordPlace(target, word);
    await page.mouse.move(place.x, place.y);
    await page.mouse.move(place.x + 1, place.y);
    await hover.waitFor({ timeout: 2_000 });
    return true;
  }, STEP_TIMEOUT_MS, `no hover over ${word} says ${expected}`);
  return hover;
}

/** The middle of a word on the screen: one token of the editor may hold several words. */
function wordPlace(target, word) {
  return target.evaluate((element, text) => {
    const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      const start = node.data.lastIndexOf(text);
      if (start < 0) continue;
      const range = document.createRange();
      range.setStart(node, start);
      range.setEnd(node, start + text.length);
      const box = range.getBoundingClientRect();
      return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
    }
    throw new Error(`no text node with ${text}`);
  }, word);
}

async function leaveHover() {
  await page.keyboard.press('Escape');
  await page.mouse.move(640, 790);
}

async function openPalette(text) {
  await page.keyboard.press('F1');
  await quickInput().waitFor({ state: 'visible' });
  await quickInput().locator('input').last().fill(`>${text}`);
}

async function palette(title) {
  await openPalette(title);
  const row = rows().filter({ has: page.locator(`.label-name`, { hasText: new RegExp(`^${title.replace(/[()]/g, '\\$&')}$`) }) }).first();
  await row.waitFor();
  await row.click();
}

async function clearToasts() {
  await openPalette('Notifications: Clear All Notifications');
  await rows().first().waitFor();
  await page.keyboard.press('Enter');
}

/** The .vsix as users get it: the bundle, and the server of this platform beside it. */
function packageExtension() {
  const source = path.resolve(import.meta.dirname, '..', '..', 'vscode-extension');
  const stage = fs.mkdtempSync(path.join(os.tmpdir(), 'metasync-vsix-'));
  for (const name of ['package.json', 'README.md', '.vscodeignore', 'dist']) fs.cpSync(path.join(source, name), path.join(stage, name), { recursive: true });
  const manifest = JSON.parse(fs.readFileSync(path.join(stage, 'package.json'), 'utf8'));
  // Checked and bundled before; here is nothing to do it with.
  delete manifest.scripts['vscode:prepublish'];
  fs.writeFileSync(path.join(stage, 'package.json'), JSON.stringify(manifest, null, 2));
  fs.mkdirSync(path.join(stage, 'server'));
  fs.copyFileSync(required('METASYNC_BIN'), path.join(stage, 'server', 'metasync'));
  fs.chmodSync(path.join(stage, 'server', 'metasync'), 0o755);
  const file = path.join(stage, 'metasync.vsix');
  const vsce = path.join(source, 'node_modules', '@vscode', 'vsce', 'vsce');
  const done = spawnSync(process.execPath, [vsce, 'package', '--no-dependencies', '--allow-missing-repository', '--skip-license', '-o', file], { cwd: stage, encoding: 'utf8' });
  if (done.status !== 0) throw new Error(`vsce package: ${done.stdout}${done.stderr}`);
  return file;
}
