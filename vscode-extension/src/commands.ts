// The palette's commands. Each asks the server once and hands its JSON to a view; each also returns
// that JSON, so that other extensions and the tests can use it.
import * as vscode from 'vscode';
import type { MetasyncClient } from './client';
import { openObject } from './open';
import type { ProgressRouter } from './progress';
import type { ConnectionsAnswer, DoctorAnswer, HistoryAnswer, LineageAnswer, ObjectAnswer, SearchAnswer, StatusParams } from './protocol.gen';
import { signIn, signOut } from './sign_in';
import { sync } from './sync_command';
import type { TokenStore } from './token';
import { pickConnections } from './views/connections';
import { showDetails } from './views/details';
import { showDoctor } from './views/doctor';
import { showHistory } from './views/history';
import { pickFromLineage } from './views/lineage';
import { pickObject } from './views/search';

/** Best matches come first; an equal name further down than this is none that is meant. */
const SAME_NAME_LIMIT = 20;

export interface Services {
  readonly client: MetasyncClient;
  readonly tokens: TokenStore;
  readonly progress: ProgressRouter;
  readonly channel: vscode.OutputChannel;
}

export function registerCommands(services: Services): vscode.Disposable {
  const { client, tokens, progress, channel } = services;
  const commands: Record<string, (...args: unknown[]) => unknown> = {
    'metasync.sync': () => sync(client, progress, 'metasync.sync'),
    'metasync.syncFull': () => sync(client, progress, 'metasync.syncFull'),
    'metasync.cancelSync': () => client.request('metasync.cancelSync'),
    'metasync.status': () => status(client),
    'metasync.history': () => show(client.request<HistoryAnswer>('metasync.history'), showHistory),
    'metasync.search': (text) => search(client, text),
    'metasync.lineage': (name) => lineage(client, name),
    'metasync.selectConnections': () => selectConnections(client),
    'metasync.doctor': () => show(client.request<DoctorAnswer>('metasync.doctor'), showDoctor),
    'metasync.signIn': () => signIn(tokens),
    'metasync.signOut': () => signOut(tokens),
    'metasync.showLog': () => channel.show(true),
    'metasync.restartServer': () => client.restart(),
  };
  return vscode.Disposable.from(
    ...Object.entries(commands).map(([id, run]) => vscode.commands.registerCommand(id, guarded(run))),
  );
}

/** What goes wrong is said once, with the log at hand, and still reaches whoever ran the command. */
function guarded(run: (...args: unknown[]) => unknown): (...args: unknown[]) => Promise<unknown> {
  return async (...args) => {
    try {
      return await run(...args);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      void vscode.window.showErrorMessage(message, 'Show Log').then((chosen) => {
        if (chosen === 'Show Log') void vscode.commands.executeCommand('metasync.showLog');
      });
      return undefined;
    }
  };
}

/** The view is not awaited: it stays open as long as the user likes. */
async function show<T>(answer: Promise<T>, view: (answer: T) => Promise<void>): Promise<T> {
  const known = await answer;
  void view(known);
  return known;
}

async function status(client: MetasyncClient): Promise<unknown> {
  // Without a server there is still something to show, and a button to start it.
  if (client.status.state === 'stopped') {
    void showDetails(client.status);
    return client.status;
  }
  return show(client.request<StatusParams>('metasync.status'), showDetails);
}

async function search(client: MetasyncClient, text: unknown): Promise<ObjectAnswer | undefined> {
  const object = await pickObject(client, 'Metadata: Search', typeof text === 'string' ? text : '');
  if (object !== undefined) await openObject(object);
  return object;
}

async function lineage(client: MetasyncClient, given: unknown): Promise<LineageAnswer | undefined> {
  const name = typeof given === 'string' ? given : await nameAtCursor(client);
  if (name === undefined) return undefined;
  const answer = await client.request<LineageAnswer>('metasync.lineage', name, { direction: 'both' });
  void pickFromLineage(answer).then((object) => { if (object !== undefined) void openObject(object); });
  return answer;
}

/** What is meant by the cursor: its word, else the file. The user chooses where that is not one known object. */
async function nameAtCursor(client: MetasyncClient): Promise<string | undefined> {
  const editor = vscode.window.activeTextEditor;
  const range = editor?.document.getWordRangeAtPosition(editor.selection.active, /[\w$]+/);
  const word = range === undefined ? undefined : editor?.document.getText(range);
  const file = editor?.document.uri.path.split('/').at(-1)?.replace(/\.[^.]*$/, '');
  for (const name of [word, file]) {
    if (name === undefined || name === '') continue;
    const { results } = await client.request<SearchAnswer>('metasync.search', name, { limit: SAME_NAME_LIMIT });
    const same = results.filter((object) => object.name.toLowerCase() === name.toLowerCase());
    if (same.length === 1) return same[0]?.full_name;
    if (same.length > 1) return (await pickObject(client, 'Metadata: Lineage of…', name))?.full_name;
  }
  return (await pickObject(client, 'Metadata: Lineage of…'))?.full_name;
}

async function selectConnections(client: MetasyncClient): Promise<ConnectionsAnswer | undefined> {
  const ids = await pickConnections(await client.request<ConnectionsAnswer>('metasync.selectConnections'));
  return ids === undefined ? undefined : client.request<ConnectionsAnswer>('metasync.selectConnections', ids);
}
