// The palette's commands. Each asks the server once and hands its JSON to a view; each also returns
// that JSON, so that other extensions and the tests can use it.
import * as vscode from 'vscode';
import type { MetasyncClient } from './client';
import type { Conflicts } from './conflicts/conflicts';
import type { Strategy } from './conflicts/types';
import type { LineagePanel } from './lineage/panel';
import type { RedactedChannel } from './log';
import { objectAt } from './editor/editor_object';
import { openObject } from './open';
import type { ProgressRouter } from './progress';
import type { ConnectionsAnswer, DoctorAnswer, HistoryAnswer, LineageAnswer, ObjectAnswer, SearchAnswer, StatusParams } from './protocol.gen';
import { reportIssue } from './report/report';
import { signIn, signOut } from './sign_in';
import { sync } from './sync_command';
import type { TokenStore } from './token';
import { columnOf, objectOf } from './tree/items';
import type { Views } from './tree/views';
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
  readonly channel: RedactedChannel;
  readonly panel: LineagePanel;
  readonly conflicts: Conflicts;
  readonly views: Views;
  readonly extension: vscode.Extension<unknown>;
}

export function registerCommands(services: Services): vscode.Disposable {
  const { client, tokens, progress, channel, panel, conflicts, views, extension } = services;
  const commands: Record<string, (...args: unknown[]) => unknown> = {
    'metasync.sync': () => sync(client, progress, 'metasync.sync'),
    'metasync.syncFull': () => sync(client, progress, 'metasync.syncFull'),
    'metasync.cancelSync': () => client.request('metasync.cancelSync'),
    'metasync.status': () => status(client),
    'metasync.history': () => show(client.request<HistoryAnswer>('metasync.history'), showHistory),
    'metasync.search': (text) => search(client, text),
    'metasync.lineage': (given, column) => lineage(client, given, (name, meant) => panel.ask(name, typeof column === 'string' ? column : columnOf(given) ?? meant)),
    'metasync.objectLineage': (given) => lineage(client, given, (name) => panel.ask(name, columnOf(given))),
    'metasync.lineageFocus': () => vscode.commands.executeCommand('metasync.lineageView.focus'),
    'metasync.lineageList': (given) => lineage(client, given, (name) => listed(client, name)),
    'metasync.selectConnections': () => selectConnections(client),
    'metasync.doctor': () => show(client.request<DoctorAnswer>('metasync.doctor'), showDoctor),
    'metasync.conflicts': () => conflicts.review(),
    'metasync.resolveConflict': (file, strategy) => (typeof file === 'string' ? conflicts.resolve(file, strategy as Strategy) : conflicts.review()),
    'metasync.reportIssue': () => reportIssue(extension, client, channel),
    ...views.commands(),
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
      const showLog = vscode.l10n.t('Show Log');
      void vscode.window.showErrorMessage(message, showLog).then((chosen) => {
        if (chosen === showLog) void vscode.commands.executeCommand('metasync.showLog');
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
  const object = await pickObject(client, vscode.l10n.t('Metadata: Search'), typeof text === 'string' ? text : '');
  if (object !== undefined) await openObject(object);
  return object;
}

/** `given` is a name, a line of the Metadata view, or nothing: then what the cursor is on. */
async function lineage(client: MetasyncClient, given: unknown, view: (name: string, column?: string) => Promise<LineageAnswer>): Promise<LineageAnswer | undefined> {
  const name = typeof given === 'string' ? given : objectOf(given)?.full_name;
  if (name !== undefined) return view(name);
  const meant = await atCursor(client);
  return meant === undefined ? undefined : view(meant.name, meant.column);
}

async function listed(client: MetasyncClient, name: string): Promise<LineageAnswer> {
  const answer = await client.request<LineageAnswer>('metasync.lineage', name, { direction: 'both' });
  void pickFromLineage(answer).then((object) => { if (object !== undefined) void openObject(object); });
  return answer;
}

interface Meant { readonly name: string; readonly column?: string }

/** What is meant by the cursor: its name, else the file. The user chooses where that is not one known object. */
async function atCursor(client: MetasyncClient): Promise<Meant | undefined> {
  const editor = vscode.window.activeTextEditor;
  const meant = editor === undefined ? undefined : await objectAt(client, editor.document, editor.selection.active);
  if (meant?.named) return { name: meant.named.full_name, ...(meant.column === null ? {} : { column: meant.column }) };
  if (meant?.own) return { name: meant.own.full_name };
  const range = editor?.document.getWordRangeAtPosition(editor.selection.active, /[\w$]+/);
  const word = range === undefined ? undefined : editor?.document.getText(range);
  const file = editor?.document.uri.path.split('/').at(-1)?.replace(/\.[^.]*$/, '');
  for (const name of [word, file]) {
    if (name === undefined || name === '') continue;
    const { results } = await client.request<SearchAnswer>('metasync.search', name, { limit: SAME_NAME_LIMIT });
    const same = results.filter((object) => object.name.toLowerCase() === name.toLowerCase());
    const [only] = same;
    if (same.length === 1 && only !== undefined) return { name: only.full_name };
    if (same.length > 1) return chosen(client, name);
  }
  return chosen(client);
}

async function chosen(client: MetasyncClient, start = ''): Promise<Meant | undefined> {
  const object = await pickObject(client, vscode.l10n.t('Metadata: Lineage of…'), start);
  return object === undefined ? undefined : { name: object.full_name };
}

async function selectConnections(client: MetasyncClient): Promise<ConnectionsAnswer | undefined> {
  const ids = await pickConnections(await client.request<ConnectionsAnswer>('metasync.selectConnections'));
  return ids === undefined ? undefined : client.request<ConnectionsAnswer>('metasync.selectConnections', ids);
}
