// Behind the status bar item: what can be done, and what the server says about itself. Each line does something.
import * as vscode from 'vscode';
import type { ServerStatus } from '../client';
import { ago, clock, number, statusWords } from '../format';
import { sentence } from '../markdown';
import { hubUrl } from '../settings';

interface Line extends vscode.QuickPickItem {
  readonly run?: () => unknown;
}

const command = (id: string, ...args: unknown[]) => () => vscode.commands.executeCommand(id, ...args);
const settings = (name: string) => command('workbench.action.openSettings', name);

export async function showDetails(status: ServerStatus): Promise<void> {
  const separator = (label: string): Line => ({ label, kind: vscode.QuickPickItemKind.Separator });
  const lines: Line[] = [separator(vscode.l10n.t('actions')), ...actions(status), separator(vscode.l10n.t('status')), ...facts(status)];
  const chosen = await vscode.window.showQuickPick(lines, {
    title: vscode.l10n.t('Metadata: {0}', statusWords(status)),
    placeHolder: sentence(status.message),
    matchOnDescription: true,
    matchOnDetail: true,
  });
  await chosen?.run?.();
}

function facts(status: ServerStatus): Line[] {
  const fact = (icon: string, title: string, description: string, run: () => unknown): Line => ({ label: `$(${icon}) ${title}`, description, run });
  // What is long may need a line of its own.
  const said: Line = { label: `$(info) ${statusWords(status)}`, detail: sentence(status.message), run: command('metasync.showLog') };
  if (status.state === 'stopped') return [said];
  const lines: Line[] = status.state === 'error' || status.state === 'offline' || status.state === 'signed_out' ? [said] : [];
  const isLocal = hubUrl() === undefined;
  if (status.organization && !isLocal) lines.push(fact('organization', vscode.l10n.t('Organization'), status.organization.name, settings('metasync.hub.organization')));
  if (status.connections.length > 0) lines.push(fact('plug', vscode.l10n.t('Connections'), status.connections.map(({ name }) => name).join(', '), command(isLocal ? 'metasync.objects.focus' : 'metasync.selectConnections')));
  lines.push(
    fact('database', vscode.l10n.t('Objects'), number(status.objects), command('metasync.objects.focus')),
    fact('history', vscode.l10n.t('Last sync'), ago(status.last_sync_at), command('metasync.history')),
  );
  if (status.next_sync_at) lines.push(fact('watch', vscode.l10n.t('Next sync'), clock(status.next_sync_at), settings('metasync.autoSync')));
  lines.push(isLocal
    ? fact('globe', vscode.l10n.t('Hub'), vscode.l10n.t('none: local mode'), settings('metasync.hub'))
    : fact('globe', vscode.l10n.t('Hub'), status.hub ?? hubUrl() ?? '', settings('metasync.hub')));
  if (status.cache) {
    const { cache } = status;
    lines.push({ label: `$(save) ${vscode.l10n.t('Cache')}`, description: vscode.l10n.t('copy the path'), detail: cache, run: () => vscode.env.clipboard.writeText(cache) });
  }
  return lines;
}

function actions(status: ServerStatus): Line[] {
  const action = (icon: string, title: string, id: string): Line => ({ label: `$(${icon}) ${title}`, run: command(id) });
  const log = action('output', vscode.l10n.t('Show Log'), 'metasync.showLog');
  const restart = action('debug-restart', vscode.l10n.t('Restart Server'), 'metasync.restartServer');
  const doctor = action('pulse', vscode.l10n.t('Doctor'), 'metasync.doctor');
  if (status.state === 'stopped' && status.idle === true) return [action('folder-opened', vscode.l10n.t('Open Folder'), 'workbench.action.files.openFolder'), log];
  switch (status.state) {
    case 'stopped': return [restart, log];
    case 'signed_out': return [action('key', vscode.l10n.t('Sign In'), 'metasync.signIn'), doctor, log, restart];
    case 'syncing': return [action('circle-slash', vscode.l10n.t('Cancel Sync'), 'metasync.cancelSync'), log];
    default: return [
      action('sync', vscode.l10n.t('Sync Metadata'), 'metasync.sync'),
      action('search', vscode.l10n.t('Search'), 'metasync.search'),
      action('type-hierarchy', vscode.l10n.t('Show Lineage'), 'metasync.lineage'),
      action('history', vscode.l10n.t('Sync History'), 'metasync.history'),
      ...(hubUrl() === undefined ? [] : [action('plug', vscode.l10n.t('Select Connections'), 'metasync.selectConnections')]),
      doctor,
      log,
      restart,
    ];
  }
}
