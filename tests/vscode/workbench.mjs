// A real VS Code workbench for the tests: code-server on a free loopback port with folders of its
// own, and Debian's Chromium to look at it. Nothing outside the loopback address is reached.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const SERVER_UP_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 5_000;

/** What a test needs to be told; `run.sh` sets it. A missing one fails the test. */
export function required(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set. Start the tests with tests/vscode/run.sh.`);
  return path.resolve(value);
}

/** Calm settings: no tips, no telemetry, nothing from the network, no animation. */
const USER_SETTINGS = {
  // a text is saved when a journey says so: what is reverted is what was there at first
  'files.autoSave': 'off',
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  'workbench.reduceMotion': 'on',
  'workbench.enableExperiments': false,
  'workbench.colorTheme': 'Default Light Modern',
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'extensions.autoUpdate': false,
  'extensions.autoCheckUpdates': false,
  'extensions.ignoreRecommendations': true,
  'security.workspace.trust.enabled': false,
  'chat.disableAIFeatures': true,
  'chat.commandCenter.enabled': false,
  'git.enabled': false,
  'editor.hover.delay': 150,
  'editor.minimap.enabled': false,
};

export class Workbench {
  #server;
  #context;

  /**
   * `settings` are the user's, `machineSettings` those of the machine; `trust` lets workspaces be
   * untrusted; `vsix` is installed; `arguments` go to code-server.
   */
  static async start({ settings = {}, machineSettings = {}, trust = false, vsix, arguments: extra = [] } = {}) {
    const bench = new Workbench();
    try {
      await bench.#startServer(settings, machineSettings, vsix, trust ? extra : ['--disable-workspace-trust', ...extra]);
      await bench.#startBrowser();
      return bench;
    } catch (error) {
      await bench.stop();
      throw error;
    }
  }

  constructor() {
    this.folder = fs.mkdtempSync(path.join(os.tmpdir(), 'metasync-vscode-'));
    this.log = path.join(this.folder, 'server.log');
  }

  /** An empty folder that goes with the workbench. */
  room(name) {
    const folder = path.join(this.folder, name);
    fs.mkdirSync(folder, { recursive: true });
    return folder;
  }

  /** The address under which the page knows a file of this machine. */
  remote(file) { return `vscode-remote://127.0.0.1:${this.port}${file}`; }

  /** Opens a folder (or a .code-workspace with several), and files in it, in the page. `payload` are further pairs that the page understands. */
  async open(folder, { files = [], payload = [] } = {}) {
    const several = folder.endsWith('.code-workspace');
    const pairs = [...files.map((file) => ['openFile', this.remote(path.join(several ? path.dirname(folder) : folder, file))]), ...payload];
    const query = new URLSearchParams({ [several ? 'workspace' : 'folder']: folder, payload: JSON.stringify(pairs) });
    await this.page.goto(`http://127.0.0.1:${this.port}/?${query}`, { waitUntil: 'domcontentloaded' });
  }

  /** Settings of the machine are taken from here and not from the user's, as in every remote window. */
  setMachineSettings(settings) {
    write(path.join(this.room('data'), 'Machine', 'settings.json'), settings);
  }

  /** The user's settings, over the calm ones; read when the page is opened. */
  setUserSettings(settings) {
    write(path.join(this.room('data'), 'User', 'settings.json'), { ...USER_SETTINGS, ...settings });
  }

  /** Copies what helps to understand a failure: the server's log and the extension host's logs. */
  keepLogs(to) {
    fs.mkdirSync(to, { recursive: true });
    for (const name of ['server.log', 'data/logs', 'hub/hub.log']) {
      const from = path.join(this.folder, name);
      if (fs.existsSync(from)) fs.cpSync(from, path.join(to, path.basename(name)), { recursive: true });
    }
  }

  /** Files of the workbench, the user's home and the caches in which a text stands. The browser's own are left out. */
  filesWith(text) {
    const found = [];
    for (const entry of fs.readdirSync(this.folder, { recursive: true, withFileTypes: true })) {
      const file = path.join(entry.parentPath, entry.name);
      if (!entry.isFile() || file.startsWith(path.join(this.folder, 'chromium'))) continue;
      if (fs.readFileSync(file).includes(text)) found.push(path.relative(this.folder, file));
    }
    return found;
  }

  async stop() {
    await this.#context?.close().catch(() => {});
    await endGroup(this.#server);
    if (process.env.KEEP) console.log(`kept ${this.folder}`);
    else fs.rmSync(this.folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }

  async #startServer(settings, machineSettings, vsix, extra) {
    const vscode = required('METASYNC_TEST_VSCODE');
    const data = this.room('data');
    const home = this.room('home');
    const temporary = this.room('t');
    this.setUserSettings(settings);
    this.setMachineSettings(machineSettings);
    fs.writeFileSync(path.join(this.folder, 'config.yaml'), 'auth: none\n');
    const env = {
      ...process.env,
      HOME: home,
      XDG_CONFIG_HOME: path.join(home, '.config'),
      XDG_DATA_HOME: path.join(home, '.local', 'share'),
      XDG_CACHE_HOME: path.join(home, '.cache'),
      XDG_RUNTIME_DIR: temporary,
      TMPDIR: temporary,
      METASYNC_CACHE_DIR: path.join(home, 'metasync-cache'),
      TZ: 'UTC',
      LANG: 'C.UTF-8',
    };
    for (const name of Object.keys(env)) {
      // Started from a terminal inside VS Code, these would point at that one.
      if (/^(VSCODE_|ELECTRON_|CODE_SERVER|METASYNC_(HUB_URL|ORGANIZATION|TOKEN)$)/.test(name)) delete env[name];
    }
    const node = path.join(vscode, 'node');
    // code-server finds its parts relative to its real place, which a symbolic link would hide.
    const entry = fs.realpathSync(path.join(vscode, 'entry.js'));
    const base = [entry, '--config', path.join(this.folder, 'config.yaml'), '--user-data-dir', data, '--extensions-dir', this.room('extensions')];
    if (vsix) {
      const install = spawnSync(node, [...base, '--install-extension', vsix], { env, encoding: 'utf8' });
      if (install.status !== 0) throw new Error(`The extension cannot be installed: ${install.stdout}${install.stderr}`);
    }
    this.port = await freePort();
    const log = fs.openSync(this.log, 'w');
    this.#server = spawn(node, [
      ...base, '--auth', 'none', '--bind-addr', `127.0.0.1:${this.port}`,
      '--disable-telemetry', '--disable-update-check', '--disable-getting-started-override', ...extra,
    ], { env, stdio: ['ignore', log, log], detached: true });
    fs.closeSync(log);
    await until(async () => (await fetch(`http://127.0.0.1:${this.port}/healthz`)).ok, SERVER_UP_TIMEOUT_MS, 'code-server does not answer');
  }

  async #startBrowser() {
    const { chromium } = await import(pathToFileURL(path.join(required('METASYNC_TEST_PLAYWRIGHT'), 'index.mjs')));
    this.#context = await chromium.launchPersistentContext(this.room('chromium'), {
      executablePath: process.env.METASYNC_TEST_CHROMIUM ?? '/usr/bin/chromium',
      headless: true,
      chromiumSandbox: false,
      viewport: { width: 1280, height: 800 },
      args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
    });
    await this.#context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: `http://127.0.0.1:${this.port}` });
    await this.#context.route((url) => url.protocol.startsWith('http') && url.hostname !== '127.0.0.1', (route) => route.abort());
    this.page = this.#context.pages()[0] ?? (await this.#context.newPage());
  }
}

/** This version's own theme of a kind (vs, vs-dark, hc-black, hc-light): its name in settings, and in lists. */
export function themeOf(kind) {
  const folder = path.join(fs.realpathSync(path.join(required('METASYNC_TEST_VSCODE'), 'entry.js')), '../../../lib/vscode/extensions/theme-defaults');
  const read = (name) => JSON.parse(fs.readFileSync(path.join(folder, name), 'utf8'));
  const themes = read('package.json').contributes.themes.filter(({ uiTheme }) => uiTheme === kind);
  const { id, label } = themes.find((theme) => theme.id.includes('Modern')) ?? themes[0];
  return { id, label: read('package.nls.json')[label.replaceAll('%', '')] ?? label };
}

/** Waits until `check` answers with something true; what it throws counts as "not yet". */
export async function until(check, timeoutMs, otherwise) {
  const end = Date.now() + timeoutMs;
  let last;
  for (;;) {
    try {
      const value = await check();
      if (value) return value;
    } catch (error) { last = error; }
    if (Date.now() > end) throw new Error(`${otherwise} within ${timeoutMs / 1000} s${last ? ` (${last.message})` : ''}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Copies the example, so that a test may write into it. */
export function copyExample(to) {
  fs.cpSync(path.join(import.meta.dirname, '..', '..', 'examples', 'jaffle_shop'), to, { recursive: true });
}

function write(file, json) {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, JSON.stringify(json, null, 2));
}

async function freePort() {
  const listener = net.createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address();
  listener.close();
  await once(listener, 'close');
  return port;
}

/** Ends a process with everything that it started: extension host, terminals, language server. */
async function endGroup(child) {
  if (!child?.pid) return;
  const ended = child.exitCode !== null ? Promise.resolve() : once(child, 'exit');
  signalGroup(child.pid, 'SIGTERM');
  await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, STOP_TIMEOUT_MS))]);
  signalGroup(child.pid, 'SIGKILL');
}

function signalGroup(pid, signal) {
  try { process.kill(-pid, signal); } catch { /* already gone */ }
}
