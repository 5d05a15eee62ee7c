// The status bar item: the state in a word, the rest in its tooltip, a click for everything.
import * as vscode from 'vscode';
import type { MetasyncClient, ServerStatus } from './client';
import { ago, clock, number, objects, statusWords } from './format';
import type { ProgressRouter, Step } from './progress';
import { plain, sentence } from './markdown';
import { hubUrl } from './settings';

/** Left of most others, right of the branch. */
const PRIORITY = 40;
/** The tooltip says how long ago the last sync was; that grows old by itself. Milliseconds. */
const RENEW_MS = 30_000;
/** Connections that the tooltip names; the rest is a number. */
const NAMED = 5;

/** For `when` clauses of menus and key bindings. */
const CONTEXT_KEY = 'metasync.state';

/** What the tooltip links; nothing else can be run from it. */
const LINKED = ['metasync.sync', 'metasync.cancelSync', 'metasync.search', 'metasync.lineage', 'metasync.history', 'metasync.selectConnections', 'metasync.signIn', 'metasync.doctor', 'metasync.showLog', 'metasync.restartServer', 'workbench.action.files.openFolder'] as const;
type Linked = (typeof LINKED)[number];

export class StatusBar implements vscode.Disposable {
  private readonly item = vscode.window.createStatusBarItem('metasync.status', vscode.StatusBarAlignment.Left, PRIORITY);
  private readonly subscriptions: vscode.Disposable[];
  private readonly timer: NodeJS.Timeout;
  private status: ServerStatus;
  private step: Step | undefined;

  constructor(client: MetasyncClient, progress: ProgressRouter) {
    this.item.name = vscode.l10n.t('Metadata');
    this.item.command = 'metasync.status';
    this.status = client.status;
    this.subscriptions = [
      client.onStatus((status) => { this.status = status; this.render(); }),
      progress.onDidChange((step) => { this.step = step; this.render(); }),
    ];
    this.timer = setInterval(() => { this.item.tooltip = tooltip(this.status, this.step); }, RENEW_MS);
    this.render();
    this.item.show();
  }

  dispose(): void {
    clearInterval(this.timer);
    for (const subscription of this.subscriptions) subscription.dispose();
    this.item.dispose();
  }

  private render(): void {
    const { icon, text, background } = look(this.status, this.step);
    this.item.text = `$(${icon}) ${text}`;
    this.item.backgroundColor = background === undefined ? undefined : new vscode.ThemeColor(`statusBarItem.${background}Background`);
    this.item.tooltip = tooltip(this.status, this.step);
    this.item.accessibilityInformation = { label: vscode.l10n.t('{0}; click for details', text), role: 'button' };
    void vscode.commands.executeCommand('setContext', CONTEXT_KEY, this.status.state);
  }
}

interface Look {
  readonly icon: string;
  readonly text: string;
  readonly background?: 'warning' | 'error';
}

function look(status: ServerStatus, step: Step | undefined): Look {
  if (status.state === 'stopped' && status.idle === true) return { icon: 'circle-outline', text: vscode.l10n.t('Metadata: no folder') };
  if (step !== undefined && status.state !== 'stopped') {
    return { icon: 'sync~spin', text: step.percentage === undefined ? vscode.l10n.t('Metadata: syncing') : vscode.l10n.t('Metadata: syncing {0} %', Math.floor(step.percentage)) };
  }
  const known = () => vscode.l10n.t('Metadata: {0}', objects(status.state === 'stopped' ? 0 : status.objects));
  switch (status.state) {
    case 'starting': return { icon: 'loading~spin', text: vscode.l10n.t('Metadata: starting') };
    case 'syncing': return { icon: 'sync~spin', text: vscode.l10n.t('Metadata: syncing') };
    case 'local': return { icon: 'database', text: known() };
    case 'up_to_date': return { icon: 'check', text: known() };
    case 'offline': return { icon: 'debug-disconnect', text: vscode.l10n.t('Metadata: offline') };
    case 'signed_out': return { icon: 'key', text: vscode.l10n.t('Metadata: sign in'), background: 'warning' };
    case 'error': return { icon: 'error', text: vscode.l10n.t('Metadata: error'), background: 'error' };
    case 'stopped': return { icon: 'circle-slash', text: vscode.l10n.t('Metadata: not running'), background: 'error' };
  }
}

/** Names come from elsewhere: they stand as text, and only the commands above can be linked. */
function tooltip(status: ServerStatus, step: Step | undefined): vscode.MarkdownString {
  const markdown = new vscode.MarkdownString('', true);
  markdown.isTrusted = { enabledCommands: LINKED };
  const local = status.state !== 'stopped' && hubUrl() === undefined;
  markdown.appendMarkdown(`**${vscode.l10n.t('Metadata')}** — ${plain(statusWords(status))}`);
  // In these states the message says no more than the state does.
  const calm = status.state === 'local' || status.state === 'up_to_date' || status.state === 'syncing';
  if (!calm && status.message !== '') markdown.appendMarkdown(`\n\n${plain(sentence(status.message))}`);
  const rows: [icon: string, title: string, value: string][] = [];
  if (step !== undefined) {
    const percent = step.percentage === undefined ? '' : `${Math.floor(step.percentage)} %`;
    rows.push(['sync', step.title === '' ? vscode.l10n.t('Now') : step.title, [percent, step.message].filter((part) => part !== '').join(' · ')]);
  }
  if (status.state !== 'stopped') {
    if (local) rows.push(['home', vscode.l10n.t('Mode'), vscode.l10n.t('local: this workspace only, no hub')]);
    else if (status.organization) rows.push(['organization', vscode.l10n.t('Organization'), status.organization.name]);
    if (status.connections.length > 0) rows.push(['plug', vscode.l10n.t('Connections'), names(status.connections)]);
    rows.push(['database', vscode.l10n.t('Objects'), number(status.objects)], ['history', vscode.l10n.t('Last sync'), ago(status.last_sync_at)]);
    if (status.next_sync_at) rows.push(['watch', vscode.l10n.t('Next sync'), clock(status.next_sync_at)]);
  }
  if (rows.length > 0) markdown.appendMarkdown(`\n\n| | |\n|:--|:--|\n${rows.map(([icon, title, value]) => `| $(${icon}) ${plain(title)} &nbsp; | ${plain(value)} |`).join('\n')}`);
  markdown.appendMarkdown(`\n\n---\n\n${links(status).join(' &nbsp; ')}`);
  return markdown;
}

function names(connections: readonly { readonly name: string }[]): string {
  const named = connections.slice(0, NAMED).map(({ name }) => name).join(', ');
  return connections.length > NAMED ? vscode.l10n.t('{0} and {1} more', named, connections.length - NAMED) : named;
}

function links(status: ServerStatus): string[] {
  const link = (icon: string, title: string, command: Linked) => `[$(${icon}) ${title}](command:${command})`;
  const log = link('output', vscode.l10n.t('Show Log'), 'metasync.showLog');
  if (status.state === 'stopped' && status.idle === true) return [link('folder-opened', vscode.l10n.t('Open Folder'), 'workbench.action.files.openFolder'), log];
  switch (status.state) {
    case 'stopped': return [link('debug-restart', vscode.l10n.t('Restart Server'), 'metasync.restartServer'), log];
    case 'signed_out': return [link('key', vscode.l10n.t('Sign In'), 'metasync.signIn'), log];
    case 'syncing': return [link('circle-slash', vscode.l10n.t('Cancel Sync'), 'metasync.cancelSync'), log];
    default: return [
      link('sync', vscode.l10n.t('Sync'), 'metasync.sync'),
      link('search', vscode.l10n.t('Search'), 'metasync.search'),
      link('type-hierarchy', vscode.l10n.t('Lineage'), 'metasync.lineage'),
      link('history', vscode.l10n.t('History'), 'metasync.history'),
      ...(hubUrl() === undefined ? [] : [link('plug', vscode.l10n.t('Connections'), 'metasync.selectConnections')]),
      link('pulse', vscode.l10n.t('Doctor'), 'metasync.doctor'),
    ];
  }
}
