// What a user's eyes and hands do in the page: hover, palette, notifications, status bar; with a
// screenshot where one is worth looking at, and a line per step.
import path from 'node:path';
import { themeOf, until } from './workbench.mjs';

export const STEP_TIMEOUT_MS = Number(process.env.METASYNC_TEST_STEP_MS ?? 60_000);
/** Where the mouse rests: nothing there shows a hover. */
const RESTING_PLACE = { x: 640, y: 790 };
/** Until a hover has faded in, for those who look at its picture. */
const FADING_MS = 400;

export class Hands {
  passed = 0;
  failed = 0;

  constructor(page, out) {
    this.page = page;
    this.out = out;
    page.setDefaultTimeout(STEP_TIMEOUT_MS);
  }

  /** One step of a journey; a journey ends at its first failure, as a user would. */
  async step(name, run) {
    try {
      await run();
      this.passed += 1;
      console.log(`  ok ${name}`);
    } catch (error) {
      throw new Error(`${name}: ${error.message}`, { cause: error });
    }
  }

  shoot(name) { return this.page.screenshot({ path: path.join(this.out, `${name}.png`) }); }

  editor() { return this.page.locator('.editor-instance .view-lines').first(); }
  quickInput() { return this.page.locator('.quick-input-widget'); }
  rows() { return this.quickInput().locator('.quick-input-list .monaco-list-row'); }
  row(text) { return this.rows().filter({ hasText: text }).first(); }
  toast(text) { return this.page.locator('.notifications-toasts .notification-toast', { hasText: text }).first(); }
  statusItem() { return this.page.locator('.statusbar-item[id$="metasync.status"]').first(); }
  tree(view) { return new Tree(this.page, view); }
  async statusText() { return tidy(await this.statusItem().innerText()); }

  /** Waits until the status bar says what is expected; gives its text. */
  async status(expected, timeoutMs = STEP_TIMEOUT_MS) {
    let last = '';
    return until(async () => {
      last = await this.statusText();
      if (!expected.test(last)) throw new Error(`it says "${last}"`);
      return last;
    }, timeoutMs, `the status bar does not say ${expected}`);
  }

  /** Moves the mouse over a word, in a line with `lineText`, until the hover says what is expected. */
  async hoverOver(word, expected, lineText = word) {
    const line = this.page.locator('.view-line', { hasText: lineText }).filter({ hasText: word }).first();
    const hover = this.page.locator('.monaco-hover:visible', { hasText: expected }).first();
    await until(async () => {
      await this.page.mouse.move(RESTING_PLACE.x, RESTING_PLACE.y);
      const { x, y } = await line.evaluate(lastOccurrence, word);
      await this.page.mouse.move(x, y);
      await this.page.mouse.move(x + 1, y);
      await hover.waitFor({ timeout: 2_000 });
      return true;
    }, STEP_TIMEOUT_MS, `no hover over ${word} says ${expected}`);
    const text = tidy(await hover.innerText());
    await this.page.waitForTimeout(FADING_MS);
    return text;
  }

  async leaveHover() {
    await this.page.keyboard.press('Escape');
    await this.page.mouse.move(RESTING_PLACE.x, RESTING_PLACE.y);
  }

  async openPalette(text) {
    await this.page.keyboard.press('F1');
    await this.quickInput().waitFor({ state: 'visible' });
    await this.quickInput().locator('.quick-input-box input').last().fill(`>${text}`);
  }

  /** Runs the command of exactly this title. */
  async palette(title) {
    await this.openPalette(title);
    const exactly = new RegExp(`^${title.replace(/[().]/g, '\\$&')}$`);
    await this.rows().filter({ has: this.page.locator('.label-name', { hasText: exactly }) }).first().waitFor();
    // By keyboard: while the list is being filtered, a click may hit another line, or none.
    const focused = this.rows().and(this.page.locator('.focused')).locator('.label-name').first();
    await until(async () => {
      if (exactly.test(tidy(await focused.innerText({ timeout: 1_000 })))) return true;
      await this.page.keyboard.press('ArrowDown');
      return false;
    }, STEP_TIMEOUT_MS, `the palette does not offer ${title}`);
    await this.page.keyboard.press('Enter');
  }

  /** Switches to this version's own theme of a kind: vs, vs-dark, hc-black, hc-light. */
  async theme(kind) {
    const { label } = themeOf(kind);
    await this.palette('Preferences: Color Theme');
    await this.quickInput().locator('.quick-input-box input').last().fill(label);
    await this.rows().filter({ has: this.page.locator('.label-name', { hasText: new RegExp(`^${label}$`) }) }).first().click();
    await this.page.locator(`.monaco-workbench.${kind}`).waitFor();
  }

  /** Answers the input box that asks for `prompt`. */
  async answer(prompt, text) {
    const box = this.quickInput().filter({ hasText: prompt });
    await box.waitFor();
    await box.locator('.quick-input-box input').last().fill(text);
    await this.page.keyboard.press('Enter');
    // The answer is checked first; a key pressed meanwhile would still go to the box.
    await box.waitFor({ state: 'hidden' });
  }

  /** Opens a file of this name by the list of files. */
  async openFile(name) {
    await this.page.keyboard.press('Control+p');
    await this.quickInput().waitFor({ state: 'visible' });
    await this.quickInput().locator('.quick-input-box input').last().fill(name);
    // the list that is there at first is that of the last files
    const focused = this.rows().and(this.page.locator('.focused')).locator('.label-name').first();
    await until(async () => tidy(await focused.innerText({ timeout: 1_000 })) === name, STEP_TIMEOUT_MS, `${name} is not offered first`);
    await this.page.keyboard.press('Enter');
    await this.page.locator('.tab.active', { hasText: name }).waitFor();
  }

  async clearToasts() {
    await this.palette('Notifications: Clear All Notifications');
  }
}

/** A tree view of the side bar. */
class Tree {
  constructor(page, view) {
    this.page = page;
    this.title = view.endsWith('syncs') ? 'Syncs' : 'Catalogue';
  }

  header() { return this.page.locator('.pane-header', { hasText: this.title }).first(); }

  /** Lines whose label is exactly this. */
  rows(label, description) {
    const pane = this.page.locator('.pane').filter({ has: this.page.locator('.pane-header', { hasText: this.title }) });
    const rows = typeof label === 'string'
      ? pane.locator('.monaco-list-row').filter({ has: this.page.locator('.label-name', { hasText: new RegExp(`^${label}$`) }) })
      : pane.locator('.monaco-list-row').filter({ hasText: label });
    return description === undefined ? rows : rows.filter({ hasText: description });
  }

  row(label, description) { return this.rows(label, description).first(); }

  /** Unfolds a line that may be unfolded already: the view reveals the file at hand. */
  async unfold(label, description) {
    const row = this.row(label, description);
    await until(async () => {
      if ((await row.getAttribute('aria-expanded', { timeout: 1_000 })) === 'true') return true;
      await row.locator('.monaco-tl-twistie').click({ timeout: 1_000 });
      return row.and(this.page.locator('[aria-expanded="true"]')).waitFor({ timeout: 2_000 }).then(() => true);
    }, STEP_TIMEOUT_MS, `${label} does not unfold`);
  }
}

export function tidy(text) { return text.replace(/\s+/g, ' ').trim(); }

/** Runs in the page: the middle of the last `text` in a line; one token of the editor may hold several words. */
function lastOccurrence(line, text) {
  const walker = document.createTreeWalker(line, NodeFilter.SHOW_TEXT);
  let place;
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    const start = node.data.lastIndexOf(text);
    if (start < 0) continue;
    const range = document.createRange();
    range.setStart(node, start);
    range.setEnd(node, start + text.length);
    const box = range.getBoundingClientRect();
    place = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  }
  if (place === undefined) throw new Error(`no text node with ${text}`);
  return place;
}
