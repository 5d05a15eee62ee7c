// Entry: puts the parts together. Everything the extension keeps is the token and what is shown.
import * as vscode from 'vscode';
import { MetasyncClient, type ServerStatus } from './client';
import { Catalogue } from './catalogue/catalogue';
import { Changes } from './catalogue/changes';
import { registerCommands } from './commands';
import { Conflicts } from './conflicts/conflicts';
import { CONFLICT_SCHEME } from './conflicts/sides';
import { EditorObject } from './editor/editor_object';
import { LineagePanel } from './lineage/panel';
import { LineageView } from './lineage/view';
import { RedactedChannel } from './log';
import { ProgressRouter } from './progress';
import { SECTION, needsRestart } from './settings';
import { StatusBar } from './status';
import { TokenStore } from './token';
import { Views } from './tree/views';

/** What other extensions, and the tests, get from `activate`. */
export interface MetasyncApi {
  /** What the server said last about itself. */
  status(): ServerStatus;
  readonly onStatus: vscode.Event<ServerStatus>;
  /** A command of the server without any view: its JSON as it came. */
  request<T>(command: string, ...args: unknown[]): Promise<T>;
}

let running: MetasyncClient | undefined;

export function activate(context: vscode.ExtensionContext): MetasyncApi {
  const channel = new RedactedChannel(vscode.window.createOutputChannel('metasync'));
  const tokens = new TokenStore(context.secrets);
  const progress = new ProgressRouter();
  const client = new MetasyncClient(context.extensionPath, tokens, progress, channel);
  running = client;
  const catalogue = new Catalogue(client);
  const changes = new Changes(client);
  const conflicts = new Conflicts(client);
  const editor = new EditorObject(client);
  const panel = new LineagePanel(context.extensionUri, client, catalogue, editor);
  const views = new Views(client, catalogue, changes, editor);
  context.subscriptions.push(
    channel, tokens, progress, client, changes, conflicts, editor, panel, views,
    new LineageView(context.extensionUri, client, catalogue, editor),
    new StatusBar(client, progress),
    registerCommands({ client, tokens, progress, channel, panel, conflicts, views, extension: context.extension }),
    vscode.workspace.registerTextDocumentContentProvider(CONFLICT_SCHEME, conflicts.sides),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (!change.affectsConfiguration(SECTION)) return;
      void (needsRestart(change) ? client.restart() : client.pushSettings()).catch(complain);
    }),
    // From no folder to one; further ones the server is told of.
    vscode.workspace.onDidChangeWorkspaceFolders(() => void client.start().catch(complain)),
    tokens.onDidChange(() => void client.pushSettings().catch(complain)),
  );
  // Not awaited, and not begun before this has returned: the editor goes on, and the status bar tells
  // how the start went.
  setImmediate(() => void client.start().catch(complain));
  return { status: () => client.status, onStatus: client.onStatus, request: client.request.bind(client) };
}

export async function deactivate(): Promise<void> {
  await running?.stop();
}

function complain(error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  const settings = vscode.l10n.t('Open Settings');
  const log = vscode.l10n.t('Show Log');
  void vscode.window.showErrorMessage(message, settings, log).then((chosen) => {
    if (chosen === settings) void vscode.commands.executeCommand('workbench.action.openSettings', 'metasync.server');
    if (chosen === log) void vscode.commands.executeCommand('metasync.showLog');
  });
}
