// Behind the status bar item: what the server says about itself, and what can be done.
import * as vscode from 'vscode';
import type { ServerStatus } from '../client';
import { ago, clock, number, stateWords } from '../format';

interface Action extends vscode.QuickPickItem {
  readonly command: string;
}

export async function showDetails(status: ServerStatus): Promise<void> {
  const items: (vscode.QuickPickItem | Action)[] = facts(status);
  items.push({ label: vscode.l10n.t('actions'), kind: vscode.QuickPickItemKind.Separator }, ...actions(status));
  const chosen = await vscode.window.showQuickPick(items, { title: vscode.l10n.t('Metadata: {0}', stateWords(status.state)), placeHolder: status.message });
  if (chosen !== undefined && 'command' in chosen) await vscode.commands.executeCommand(chosen.command);
}

function facts(status: ServerStatus): vscode.QuickPickItem[] {
  if (status.state === 'stopped') return [{ label: `$(circle-slash) ${vscode.l10n.t('Server')}`, description: status.message }];
  const items: vscode.QuickPickItem[] = [];
  if (status.organization) items.push({ label: `$(organization) ${vscode.l10n.t('Organization')}`, description: status.organization.name });
  if (status.connections.length > 0) items.push({ label: `$(plug) ${vscode.l10n.t('Connections')}`, description: status.connections.map(({ name }) => name).join(', ') });
  items.push(
    { label: `$(database) ${vscode.l10n.t('Objects')}`, description: number(status.objects) },
    { label: `$(history) ${vscode.l10n.t('Last sync')}`, description: ago(status.last_sync_at) },
  );
  if (status.next_sync_at) items.push({ label: `$(watch) ${vscode.l10n.t('Next sync')}`, description: clock(status.next_sync_at) });
  if (status.hub) items.push({ label: `$(globe) ${vscode.l10n.t('Hub')}`, description: status.hub });
  if (status.cache) items.push({ label: `$(save) ${vscode.l10n.t('Cache')}`, description: status.cache });
  return items;
}

function actions(status: ServerStatus): Action[] {
  const log: Action = { label: `$(output) ${vscode.l10n.t('Show Log')}`, command: 'metasync.showLog' };
  const restart: Action = { label: `$(debug-restart) ${vscode.l10n.t('Restart Server')}`, command: 'metasync.restartServer' };
  switch (status.state) {
    case 'stopped': return [restart, log];
    case 'signed_out': return [{ label: `$(key) ${vscode.l10n.t('Sign In')}`, command: 'metasync.signIn' }, log, restart];
    case 'syncing': return [{ label: `$(circle-slash) ${vscode.l10n.t('Cancel Sync')}`, command: 'metasync.cancelSync' }, log];
    default: return [
      { label: `$(sync) ${vscode.l10n.t('Sync Metadata')}`, command: 'metasync.sync' },
      { label: `$(search) ${vscode.l10n.t('Search')}`, command: 'metasync.search' },
      { label: `$(history) ${vscode.l10n.t('Sync History')}`, command: 'metasync.history' },
      { label: `$(plug) ${vscode.l10n.t('Select Connections')}`, command: 'metasync.selectConnections' },
      { label: `$(type-hierarchy) ${vscode.l10n.t('Show Lineage')}`, command: 'metasync.lineage' },
      { label: `$(pulse) ${vscode.l10n.t('Doctor')}`, command: 'metasync.doctor' },
      log,
      restart,
    ];
  }
}
