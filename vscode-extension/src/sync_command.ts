// `Metadata: Sync Metadata`: a notification while it runs, one message when it ended.
import * as vscode from 'vscode';
import type { MetasyncClient } from './client';
import { count } from './format';
import type { ProgressRouter } from './progress';
import type { SyncAnswer } from './protocol.gen';

export async function sync(client: MetasyncClient, progress: ProgressRouter, command: 'metasync.sync' | 'metasync.syncFull'): Promise<SyncAnswer> {
  const title = command === 'metasync.sync' ? 'Syncing metadata' : 'Syncing metadata (full)';
  const cancel = () => { client.request('metasync.cancelSync').then(undefined, () => undefined); };
  const answer = await progress.notify(title, cancel, () => client.request<SyncAnswer>(command));
  // Not awaited: the command is done when the sync is, not when the message is read.
  void tell(answer, client);
  return answer;
}

async function tell(answer: SyncAnswer, client: MetasyncClient): Promise<void> {
  const because = answer.error ? ` ${answer.error}` : '';
  switch (answer.state) {
    case 'up_to_date':
    case 'local':
      await vscode.window.showInformationMessage(done(answer, client));
      return;
    case 'cancelled':
      await vscode.window.showInformationMessage('The sync was cancelled. What was known before still answers.');
      return;
    case 'offline':
      await offer(vscode.window.showWarningMessage, `The hub cannot be reached; what was synced before still answers.${because}`, 'Doctor', 'metasync.doctor');
      return;
    case 'signed_out':
      await offer(vscode.window.showWarningMessage, `The hub does not accept the sign-in.${because}`, 'Sign In', 'metasync.signIn');
      return;
    default:
      await offer(vscode.window.showErrorMessage, `The sync failed.${because}`, 'Show Log', 'metasync.showLog');
  }
}

function done(answer: SyncAnswer, client: MetasyncClient): string {
  const removed = answer.deleted > 0 ? `, ${answer.deleted.toLocaleString('en-US')} removed` : '';
  if (answer.up_to_date && answer.objects === 0) {
    const status = client.status;
    const known = status.state === 'stopped' ? '' : `: ${count(status.objects, 'object')}, nothing new`;
    return `Metadata is up to date${known}${removed}.`;
  }
  return `Metadata is up to date: ${count(answer.objects, 'object')}, ${count(answer.columns, 'column')} received${removed}.`;
}

async function offer(show: (message: string, action: string) => Thenable<string | undefined>, message: string, action: string, command: string): Promise<void> {
  if ((await show(message, action)) === action) await vscode.commands.executeCommand(command);
}
