// The view "Syncs": when the next one comes, and how the earlier ones went. Read when it is seen.
import * as vscode from 'vscode';
import type { MetasyncClient } from '../client';
import { ago, stateWords } from '../format';
import type { HistoryAnswer, HistoryRun } from '../protocol.gen';
import { hubUrl, serverSettings } from '../settings';
import { runFacts, runIcon } from '../views/history';

type Line = { readonly kind: 'schedule' } | { readonly kind: 'run'; readonly run: HistoryRun };

export class SyncsTree implements vscode.TreeDataProvider<Line>, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<undefined>();
  readonly onDidChangeTreeData = this.changed.event;
  private readonly subscriptions: vscode.Disposable[];
  private stamp = '';

  constructor(private readonly client: MetasyncClient) {
    this.subscriptions = [
      client.onStatus(() => this.take()),
      vscode.workspace.onDidChangeConfiguration((change) => { if (change.affectsConfiguration('metasync.autoSync')) this.refresh(); }),
    ];
  }

  refresh(): void { this.changed.fire(undefined); }

  getTreeItem(line: Line): vscode.TreeItem { return line.kind === 'schedule' ? scheduleItem() : runItem(line.run); }

  async getChildren(line?: Line): Promise<Line[]> {
    if (line !== undefined || this.client.status.state === 'stopped') return [];
    const { runs } = await this.client.request<HistoryAnswer>('metasync.history').catch((): HistoryAnswer => ({ runs: [] }));
    return [{ kind: 'schedule' }, ...runs.map((run): Line => ({ kind: 'run', run }))];
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
    this.changed.dispose();
  }

  private take(): void {
    const { status } = this.client;
    const stamp = status.state === 'stopped' ? status.state : `${status.state} ${status.last_sync_at ?? ''}`;
    if (stamp === this.stamp) return;
    this.stamp = stamp;
    this.refresh();
  }
}

function scheduleItem(): vscode.TreeItem {
  const { autoSync } = serverSettings(undefined);
  const item = new vscode.TreeItem(autoSync?.enabled === false
    ? vscode.l10n.t('Only when asked for')
    : vscode.l10n.t('Every {0} min and at each change', autoSync?.intervalMinutes ?? 0));
  item.iconPath = new vscode.ThemeIcon('watch');
  item.description = hubUrl() === undefined ? vscode.l10n.t('local mode') : vscode.l10n.t('with the hub');
  item.tooltip = vscode.l10n.t('The schedule; a click opens its settings.');
  item.command = { command: 'workbench.action.openSettings', title: vscode.l10n.t('Open Settings'), arguments: ['metasync.autoSync'] };
  item.contextValue = 'schedule';
  return item;
}

function runItem(run: HistoryRun): vscode.TreeItem {
  const item = new vscode.TreeItem(ago(run.started_at));
  item.id = `run:${run.started_at}`;
  item.description = `${stateWords(run.state)} · ${run.cause.replaceAll('_', ' ')}`;
  item.iconPath = new vscode.ThemeIcon(runIcon(run.state));
  item.tooltip = [new Date(run.started_at).toLocaleString(), ...runFacts(run)].join('\n');
  return item;
}
