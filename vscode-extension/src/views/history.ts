// The syncs of this workspace, newest first.
import * as vscode from 'vscode';
import { ago, count, duration, stateWords } from '../format';
import type { HistoryAnswer, HistoryRun } from '../protocol.gen';

export async function showHistory({ runs }: HistoryAnswer): Promise<void> {
  if (runs.length === 0) {
    void vscode.window.showInformationMessage('This workspace was not synced yet. Metadata: Sync Metadata does it.');
    return;
  }
  await vscode.window.showQuickPick(runs.map(runItem), {
    title: 'Metadata: Sync History',
    placeHolder: 'Newest first',
    matchOnDescription: true,
    matchOnDetail: true,
  });
}

function runItem(run: HistoryRun): vscode.QuickPickItem {
  const facts = [
    count(run.objects, 'object'),
    run.deleted > 0 ? `${run.deleted.toLocaleString('en-US')} deleted` : '',
    count(run.pages, 'page'),
    duration(run.duration_ms),
    run.error ?? '',
  ];
  return {
    label: `$(${icon(run.state)}) ${ago(run.started_at)}`,
    description: `${stateWords(run.state)} · ${run.cause.replaceAll('_', ' ')}`,
    detail: facts.filter((fact) => fact !== '').join(' · '),
  };
}

function icon(state: string): string {
  switch (state) {
    case 'up_to_date': case 'local': return 'check';
    case 'cancelled': return 'circle-slash';
    case 'offline': return 'debug-disconnect';
    case 'signed_out': return 'key';
    case 'syncing': return 'sync';
    default: return 'error';
  }
}
