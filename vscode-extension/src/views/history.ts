// The syncs of this workspace, newest first.
import * as vscode from 'vscode';
import { ago, count, duration, number, objects, stateWords } from '../format';
import type { HistoryAnswer, HistoryRun } from '../protocol.gen';

export async function showHistory({ runs }: HistoryAnswer): Promise<void> {
  if (runs.length === 0) {
    void vscode.window.showInformationMessage(vscode.l10n.t('This workspace was not synced yet. Metadata: Sync Metadata does it.'));
    return;
  }
  await vscode.window.showQuickPick(runs.map(runItem), {
    title: vscode.l10n.t('Metadata: Sync History'),
    placeHolder: vscode.l10n.t('Newest first'),
    matchOnDescription: true,
    matchOnDetail: true,
  });
}

/** What a sync did, part by part. */
export function runFacts(run: HistoryRun): string[] {
  const facts = [
    objects(run.objects),
    run.deleted > 0 ? vscode.l10n.t('{0} deleted', number(run.deleted)) : '',
    count(run.pages, vscode.l10n.t('page'), vscode.l10n.t('pages')),
    duration(run.duration_ms),
    run.error ?? '',
  ];
  return facts.filter((fact) => fact !== '');
}

export function runIcon(state: string): string {
  switch (state) {
    case 'up_to_date': case 'local': return 'check';
    case 'cancelled': return 'circle-slash';
    case 'offline': return 'debug-disconnect';
    case 'signed_out': return 'key';
    case 'syncing': return 'sync';
    default: return 'error';
  }
}

function runItem(run: HistoryRun): vscode.QuickPickItem {
  return {
    label: `$(${runIcon(run.state)}) ${ago(run.started_at)}`,
    description: `${stateWords(run.state)} · ${run.cause.replaceAll('_', ' ')}`,
    detail: runFacts(run).join(' · '),
  };
}
