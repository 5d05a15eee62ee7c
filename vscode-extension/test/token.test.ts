import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import type * as vscode from 'vscode';
import { RedactedChannel } from '../src/log';
import { serverSettings } from '../src/settings';
import { TokenStore, cleanToken, tokenProblem } from '../src/token';
import { Secrets, settings } from './vscode';

beforeEach(() => settings.clear());

const store = (secrets: Secrets) => new TokenStore(secrets as unknown as vscode.SecretStorage);

test('a token is kept per hub: another hub in the settings does not get it', async () => {
  const tokens = store(new Secrets());
  settings.set('metasync.hub.url', 'https://metadata.example.com/team');
  await tokens.set('one');
  assert.equal(await tokens.get(), 'one');
  settings.set('metasync.hub.url', 'https://metadata.example.com.evil.example');
  assert.equal(await tokens.get(), undefined);
  settings.set('metasync.hub.url', 'http://metadata.example.com');
  assert.equal(await tokens.get(), undefined);
});

test('in local mode there is no token, and none can be stored', async () => {
  const tokens = store(new Secrets());
  assert.equal(await tokens.get(), undefined);
  await assert.rejects(tokens.set('one'));
});

test('storing and deleting is told, also to other windows', async () => {
  const secrets = new Secrets();
  const tokens = store(secrets);
  settings.set('metasync.hub.url', 'https://metadata.example.com');
  let told = 0;
  tokens.onDidChange(() => { told += 1; });
  await tokens.set('one');
  await tokens.delete();
  await secrets.store('something.else', 'x');
  assert.equal(told, 2);
  assert.equal(await tokens.get(), undefined);
});

test('what is pasted around a token is taken away', () => {
  for (const pasted of ['abc.def', ' abc.def\n', 'Bearer abc.def', 'Authorization: Bearer abc.def', '"abc.def"']) {
    assert.equal(cleanToken(pasted), 'abc.def');
    assert.equal(tokenProblem(pasted), undefined);
  }
  assert.match(tokenProblem('  ') ?? '', /Paste/);
  assert.match(tokenProblem('two words') ?? '', /blanks/);
});

test('the log never holds the token', () => {
  let written = '';
  const write = (value: string) => { written += value; };
  const channel = new RedactedChannel({ append: write, appendLine: write, replace: write } as unknown as vscode.OutputChannel);
  channel.redact('secret-token');
  channel.append('{"token":"secret-token"}');
  channel.appendLine('secret-token secret-token');
  channel.replace('secret-token');
  assert.ok(written.includes('(token)') && !written.includes('secret-token'), written);
});

test('settings are sent as the contract says, the token beside them', () => {
  settings.set('metasync.hub.url', ' https://metadata.example.com ');
  settings.set('metasync.connections', ['orders', '', 7]);
  settings.set('metasync.token', 'from a setting');
  assert.deepEqual(serverSettings('one'), {
    hub: { url: 'https://metadata.example.com', organization: null },
    token: 'one',
    autoSync: { enabled: true, intervalMinutes: 5 },
    connections: ['orders'],
    local: { enabled: true },
    diagnostics: { enabled: true, disabled: [] },
    inlayHints: { columnTypes: true, stars: true },
    codeLens: { lineage: true },
    content: { hover: true, completion: false, sources: true },
  });
  assert.equal(serverSettings(undefined).token, null);
});
