// The status bar item: the state in a word, the rest in its tooltip, a click for everything.
import * as vscode from 'vscode';
import type { MetasyncClient, ServerStatus } from './client';
import { ago, count, stateWords } from './format';
import type { ProgressRouter, Step } from './progress';

/** Left of most others, right of the branch. */
const PRIORITY = 40;

/** For `when` clauses of menus and key bindings. */
const CONTEXT_KEY = 'metasync.state';

export class StatusBar implements vscode.Disposable {
  private readonly item = vscode.window.createStatusBarItem('metasync.status', vscode.StatusBarAlignment.Left, PRIORITY);
  private readonly subscriptions: vscode.Disposable[];
  private status: ServerStatus;
  private step: Step | undefined;

  constructor(client: MetasyncClient, progress: ProgressRouter) {
    this.item.name = 'Metadata';
    this.item.command = 'metasync.status';
    this.status = client.status;
    this.subscriptions = [
      client.onStatus((status) => { this.status = status; this.render(); }),
      progress.onDidChange((step) => { this.step = step; this.render(); }),
    ];
    this.render();
    this.item.show();
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
    this.item.dispose();
  }

  private render(): void {
    const { icon, text, background } = look(this.status, this.step);
    this.item.text = `$(${icon}) ${text}`;
    this.item.backgroundColor = background === undefined ? undefined : new vscode.ThemeColor(`statusBarItem.${background}Background`);
    this.item.tooltip = tooltip(this.status, this.step);
    this.item.accessibilityInformation = { label: `Metadata: ${stateWords(this.status.state)}`, role: 'button' };
    void vscode.commands.executeCommand('setContext', CONTEXT_KEY, this.status.state);
  }
}

interface Look {
  readonly icon: string;
  readonly text: string;
  readonly background?: 'warning' | 'error';
}

function look(status: ServerStatus, step: Step | undefined): Look {
  if (step !== undefined && status.state !== 'stopped') {
    const percent = step.percentage === undefined ? '' : ` ${Math.floor(step.percentage)} %`;
    return { icon: 'sync~spin', text: `Metadata: syncing${percent}` };
  }
  switch (status.state) {
    case 'starting': return { icon: 'loading~spin', text: 'Metadata: starting' };
    case 'syncing': return { icon: 'sync~spin', text: 'Metadata: syncing' };
    case 'local': return { icon: 'database', text: `Metadata: ${count(status.objects, 'object')}` };
    case 'up_to_date': return { icon: 'check', text: `Metadata: ${count(status.objects, 'object')}` };
    case 'offline': return { icon: 'debug-disconnect', text: 'Metadata: offline' };
    case 'signed_out': return { icon: 'key', text: 'Metadata: sign in', background: 'warning' };
    case 'error': return { icon: 'error', text: 'Metadata: error', background: 'error' };
    case 'stopped': return { icon: 'circle-slash', text: 'Metadata: not running', background: 'error' };
  }
}

/** Names come from elsewhere: `appendText` escapes them, and the markdown is not trusted. */
function tooltip(status: ServerStatus, step: Step | undefined): vscode.MarkdownString {
  const markdown = new vscode.MarkdownString();
  markdown.appendMarkdown('**Metadata** — ').appendText(stateWords(status.state));
  const line = (title: string, value: string) => markdown.appendMarkdown(`\n\n${title}: `).appendText(value);
  if (status.message !== '') markdown.appendMarkdown('\n\n').appendText(status.message);
  if (step !== undefined) line(step.title === '' ? 'Now' : step.title, step.message);
  if (status.state !== 'stopped') {
    if (status.organization) line('Organization', status.organization.name);
    if (status.connections.length > 0) line('Connections', status.connections.map(({ name }) => name).join(', '));
    line('Objects', status.objects.toLocaleString('en-US'));
    line('Last sync', ago(status.last_sync_at));
  }
  markdown.appendMarkdown('\n\n_Click for details and actions_');
  return markdown;
}
