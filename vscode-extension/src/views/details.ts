// Behind the status bar item: what the server says about itself, and what can be done.
import * as vscode from 'vscode';
import type { ServerStatus } from '../client';
import { ago, stateWords } from '../format';

interface Action extends vscode.QuickPickItem {
  readonly command: string;
}

export async function showDetails(status: ServerStatus): Promise<void> {
  const items: (vscode.QuickPickItem | Action)[] = facts(status);
  items.push({ label: 'actions', kind: vscode.QuickPickItemKind.Separator }, ...actions(status));
  const chosen = await vscode.window.showQuickPick(items, { title: `Metadata: ${stateWords(status.state)}`, placeHolder: status.message });
  if (chosen !== undefined && 'command' in chosen) await vscode.commands.executeCommand(chosen.command);
}

function facts(status: ServerStatus): vscode.QuickPickItem[] {
  if (status.state === 'stopped') return [{ label: '$(circle-slash) Server', description: status.message }];
  const items: vscode.QuickPickItem[] = [];
  if (status.organization) items.push({ label: '$(organization) Organization', description: status.organization.name });
  if (status.connections.length > 0) items.push({ label: '$(plug) Connections', description: status.connections.map(({ name }) => name).join(', ') });
  items.push(
    { label: '$(database) Objects', description: status.objects.toLocaleString('en-US') },
    { label: '$(history) Last sync', description: ago(status.last_sync_at) },
  );
  if (status.hub) items.push({ label: '$(globe) Hub', description: status.hub });
  if (status.cache) items.push({ label: '$(save) Cache', description: status.cache });
  return items;
}

function actions(status: ServerStatus): Action[] {
  const log: Action = { label: '$(output) Show Log', command: 'metasync.showLog' };
  const restart: Action = { label: '$(debug-restart) Restart Server', command: 'metasync.restartServer' };
  switch (status.state) {
    case 'stopped': return [restart, log];
    case 'signed_out': return [{ label: '$(key) Sign In', command: 'metasync.signIn' }, log, restart];
    case 'syncing': return [{ label: '$(circle-slash) Cancel Sync', command: 'metasync.cancelSync' }, log];
    default: return [
      { label: '$(sync) Sync Metadata', command: 'metasync.sync' },
      { label: '$(search) Search', command: 'metasync.search' },
      { label: '$(history) Sync History', command: 'metasync.history' },
      { label: '$(plug) Select Connections', command: 'metasync.selectConnections' },
      { label: '$(pulse) Doctor', command: 'metasync.doctor' },
      log,
      restart,
    ];
  }
}
