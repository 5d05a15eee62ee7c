// `Metadata: Sync Metadata`: a notification while it runs, one message when it ended.
import * as vscode from 'vscode';
import type { MetasyncClient } from './client';
import { count, number, objects } from './format';
import { sentence } from './markdown';
import type { ProgressRouter } from './progress';
import type { SyncAnswer } from './protocol.gen';

export async function sync(client: MetasyncClient, progress: ProgressRouter, command: 'metasync.sync' | 'metasync.syncFull'): Promise<SyncAnswer> {
  const title = command === 'metasync.sync' ? vscode.l10n.t('Syncing metadata') : vscode.l10n.t('Syncing metadata (full)');
  const cancel = () => { client.request('metasync.cancelSync').then(undefined, () => undefined); };
  const answer = await progress.notify(title, cancel, () => client.request<SyncAnswer>(command));
  // Not awaited: the command is done when the sync is, not when the message is read.
  void tell(answer, client);
  return answer;
}

async function tell(answer: SyncAnswer, client: MetasyncClient): Promise<void> {
  const because = answer.error ? ` ${sentence(answer.error)}` : '';
  switch (answer.state) {
    case 'up_to_date':
    case 'local':
      await vscode.window.showInformationMessage(done(answer, client));
      return;
    case 'cancelled':
      await vscode.window.showInformationMessage(vscode.l10n.t('The sync was cancelled. What was known before still answers.'));
      return;
    case 'offline':
      await offer(vscode.window.showWarningMessage, vscode.l10n.t('The hub cannot be reached; what was synced before still answers.') + because, vscode.l10n.t('Doctor'), 'metasync.doctor');
      return;
    case 'signed_out':
      await offer(vscode.window.showWarningMessage, vscode.l10n.t('The hub does not accept the sign-in.') + because, vscode.l10n.t('Sign In'), 'metasync.signIn');
      return;
    default:
      await offer(vscode.window.showErrorMessage, vscode.l10n.t('The sync failed.') + because, vscode.l10n.t('Show Log'), 'metasync.showLog');
  }
}

function done(answer: SyncAnswer, client: MetasyncClient): string {
  const removed = answer.deleted > 0 ? vscode.l10n.t(', {0} removed', number(answer.deleted)) : '';
  if (answer.up_to_date && answer.objects === 0) {
    const status = client.status;
    return status.state === 'stopped'
      ? vscode.l10n.t('Metadata is up to date.')
      : vscode.l10n.t('Metadata is up to date: {0}, nothing new{1}.', objects(status.objects), removed);
  }
  const columns = count(answer.columns, vscode.l10n.t('column'), vscode.l10n.t('columns'));
  return vscode.l10n.t('Metadata is up to date: {0}, {1} received{2}.', objects(answer.objects), columns, removed);
}

async function offer(show: (message: string, action: string) => Thenable<string | undefined>, message: string, action: string, command: string): Promise<void> {
  if ((await show(message, action)) === action) await vscode.commands.executeCommand(command);
}
