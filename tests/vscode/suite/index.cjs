// Runs inside the extension host: the API that every extension sees, on the example project.
const assert = require('node:assert/strict');
const vscode = require('vscode');

const READY_TIMEOUT_MS = 90_000;
const say = (text) => console.log(`[suite] ${text}`);

/** Asks until the answer pleases; the server indexes the workspace meanwhile. */
async function eventually(ask, pleases, what) {
  const end = Date.now() + READY_TIMEOUT_MS;
  let answer;
  do {
    answer = await ask();
    if (pleases(answer)) return answer;
    await new Promise((resolve) => setTimeout(resolve, 100));
  } while (Date.now() < end);
  assert.fail(`${what}: ${JSON.stringify(answer)?.slice(0, 500)}`);
}

const file = (relative) => vscode.Uri.joinPath(vscode.workspace.workspaceFolders[0].uri, relative);

async function show(relative) {
  const document = await vscode.workspace.openTextDocument(file(relative));
  await vscode.window.showTextDocument(document);
  return document;
}

/** The position `delta` letters into the first `needle`. */
function at(document, needle, delta = 0) {
  const offset = document.getText().indexOf(needle);
  assert.ok(offset >= 0, `"${needle}" is not in ${document.uri.path}`);
  return document.positionAt(offset + delta);
}

async function hoverText(document, position) {
  const hovers = await vscode.commands.executeCommand('vscode.executeHoverProvider', document.uri, position);
  return (hovers ?? []).flatMap((hover) => hover.contents.map((content) => content.value ?? content)).join('\n');
}

const tests = {
  async 'the extension starts the server and the status leaves "starting"'(api) {
    const status = await eventually(() => api.status(), ({ state }) => state === 'local' || state === 'up_to_date', 'status');
    assert.ok(Array.isArray(status.connections));
  },

  async 'a hover on a ref() shows the model\'s description and columns'() {
    const document = await show('models/marts/customers.sql');
    const text = await eventually(() => hoverText(document, at(document, "ref('stg_customers')", 7)), (t) => t.includes('One row per customer with a loyalty card'), 'hover');
    assert.match(text, /customer_id/);
  },

  async 'a hover is not trusted: it can run no command'() {
    const document = await show('models/marts/customers.sql');
    const hovers = await vscode.commands.executeCommand('vscode.executeHoverProvider', document.uri, at(document, "ref('stg_customers')", 7));
    for (const content of hovers.flatMap((hover) => hover.contents)) assert.ok(!content.isTrusted && !content.supportHtml);
  },

  async 'go to definition leads from a ref() to its file'() {
    const document = await show('models/marts/customers.sql');
    const found = await vscode.commands.executeCommand('vscode.executeDefinitionProvider', document.uri, at(document, "ref('stg_customers')", 7));
    assert.ok(found.length > 0, 'no definition');
    assert.match((found[0].targetUri ?? found[0].uri).path, /models\/staging\/stg_customers\.sql$/);
  },

  async 'the sync command answers when the sync ended'() {
    const answer = await vscode.commands.executeCommand('metasync.sync');
    assert.ok(answer, 'no answer');
    assert.equal(answer.state, 'local');
    for (const field of ['objects', 'columns', 'deleted', 'pages', 'duration_ms']) assert.equal(typeof answer[field], 'number', field);
  },

  async 'the status command answers with hub and cache'() {
    const status = await vscode.commands.executeCommand('metasync.status');
    await vscode.commands.executeCommand('workbench.action.closeQuickOpen');
    assert.ok(status.objects > 10, `objects: ${status.objects}`);
    assert.equal(typeof status.cache, 'string');
  },

  async 'search finds a model by a word of its name'(api) {
    const { results } = await api.request('metasync.search', 'stg_orders', { limit: 10 });
    assert.ok(results.some(({ name }) => name === 'stg_orders'), JSON.stringify(results).slice(0, 300));
  },

  async 'history lists the syncs, newest first'(api) {
    const { runs } = await api.request('metasync.history');
    assert.ok(runs.length > 0, 'no runs');
    const times = runs.map(({ started_at }) => Date.parse(started_at));
    assert.deepEqual(times, [...times].sort((a, b) => b - a));
  },

  async 'the lineage command answers and opens the panel, once'() {
    const answer = await vscode.commands.executeCommand('metasync.lineage', 'orders');
    assert.equal(answer.object.name, 'orders');
    assert.ok(answer.upstream.length > 0 && answer.downstream.length > 0);
    const tabs = () => vscode.window.tabGroups.all.flatMap((group) => group.tabs).filter((tab) => /^Lineage: /.test(tab.label));
    await eventually(tabs, (found) => found.length === 1 && found[0].label === 'Lineage: orders', 'the panel');
    await vscode.commands.executeCommand('metasync.lineage', 'customers');
    await eventually(tabs, (found) => found.length === 1 && found[0].label === 'Lineage: customers', 'the same panel');
    await vscode.window.tabGroups.close(tabs());
  },

  async 'an object of the view has a lineage too, and one that is not known says so'() {
    const answer = await vscode.commands.executeCommand('metasync.lineage', { kind: 'object', object: { name: 'orders', full_name: 'jaffle_shop.orders' } });
    assert.equal(answer.object.name, 'orders');
    assert.equal(await vscode.commands.executeCommand('metasync.lineage', 'no_such_model_anywhere'), undefined);
    await vscode.commands.executeCommand('notifications.clearAll');
  },

  async 'opening an object shows its file at its line'() {
    await vscode.commands.executeCommand('metasync.openObject', { full_name: 'jaffle_shop.orders', name: 'orders', path: 'models/marts/orders.sql', line: 3 });
    await eventually(() => vscode.window.activeTextEditor, (editor) => editor?.document.uri.path.endsWith('/orders.sql') && editor.selection.active.line === 2, 'the editor');
  },

  async 'an object\'s path leads to no file outside the workspace'() {
    const before = vscode.window.activeTextEditor?.document.uri.toString();
    for (const path of ['../../etc/passwd', '/etc/passwd', 'models/../../../etc/passwd']) {
      await vscode.commands.executeCommand('metasync.openObject', { full_name: 'x', name: 'x', path, line: 1 });
      assert.equal(vscode.window.activeTextEditor?.document.uri.toString(), before, path);
    }
    await vscode.commands.executeCommand('notifications.clearAll');
  },

  async 'the name of an object can be copied'() {
    await vscode.commands.executeCommand('metasync.copyName', { kind: 'object', object: { full_name: 'jaffle_shop.orders' } });
    await eventually(() => vscode.env.clipboard.readText(), (text) => text === 'jaffle_shop.orders', 'the clipboard');
  },

  async 'conflicts: none, and a wrong one is an error'() {
    assert.deepEqual(await vscode.commands.executeCommand('metasync.conflicts'), { conflicts: [] });
    assert.equal(await vscode.commands.executeCommand('metasync.resolveConflict', 'no-such-file', 'keep_both'), undefined);
    await vscode.commands.executeCommand('notifications.clearAll');
  },

  async 'the report names versions and checks, but neither folders nor the project'() {
    const text = await vscode.commands.executeCommand('metasync.reportIssue');
    assert.match(text, /server metasync \d/);
    assert.match(text, /## Doctor\n\n- ok /);
    const folder = vscode.workspace.workspaceFolders[0];
    for (const secret of [folder.uri.fsPath, folder.name, require('node:os').homedir()]) assert.ok(!text.includes(secret), secret);
    await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
    await vscode.commands.executeCommand('notifications.clearAll');
  },

  async 'every text of the manifest is there'(_api, extension) {
    assert.ok(!/"%[\w.]+%"/.test(JSON.stringify(extension.packageJSON)), 'a %key% was not replaced');
  },

  async 'every palette title begins with "Metadata:" and the first is the sync'(_api, extension) {
    const { commands, menus } = extension.packageJSON.contributes;
    const hidden = new Set(menus.commandPalette.filter(({ when }) => when === 'false').map(({ command }) => command));
    assert.deepEqual(commands[0], { ...commands[0], command: 'metasync.sync', title: 'Metadata: Sync Metadata' });
    const registered = new Set(await vscode.commands.getCommands(true));
    for (const { command, title, category } of commands) {
      // menus of the view's own lines need no such beginning
      if (hidden.has(command)) assert.equal(category, 'Metadata', command);
      else assert.match(title, /^Metadata: /);
      assert.ok(registered.has(command), `${command} is not registered`);
    }
  },

  async 'no setting holds a token, and those that choose a program or a hub need trust'(_api, extension) {
    const { configuration } = extension.packageJSON.contributes;
    const names = Object.keys(configuration.properties);
    assert.ok(!names.some((name) => /token|password|secret/i.test(name)), names.join());
    const restricted = extension.packageJSON.capabilities.untrustedWorkspaces.restrictedConfigurations;
    for (const name of ['metasync.hub.url', 'metasync.server.path']) assert.ok(restricted.includes(name), name);
    assert.equal(configuration.properties['metasync.server.path'].scope, 'machine-overridable');
  },

  async 'the server can be restarted'(api) {
    await vscode.commands.executeCommand('metasync.restartServer');
    const document = await show('models/marts/orders.sql');
    await eventually(() => hoverText(document, at(document, "ref('stg_orders')", 7)), (t) => t.includes('One row per order since the shop opened'), 'hover after the restart');
    assert.notEqual(api.status().state, 'stopped');
  },
};

exports.run = async function run() {
  const extension = vscode.extensions.getExtension('metasync.metasync');
  assert.ok(extension, 'the extension is not there');
  const api = await extension.activate();
  let failures = 0;
  for (const [name, test] of Object.entries(tests)) {
    try {
      await test(api, extension);
      say(`ok ${name}`);
    } catch (error) {
      failures += 1;
      say(`FAIL ${name}: ${String(error?.message ?? error).replace(/\s+/g, ' ')}`);
    }
  }
  if (failures > 0) throw new Error(`${failures} failed`);
};
