// Conflicts of the shared library: a message with the three choices, and a diff to choose by.
import * as vscode from 'vscode';
import type { MetasyncClient, ServerStatus } from '../client';
import { ago, count } from '../format';
import { ConflictSides, nameOf } from './sides';
import type { Conflict, ConflictsAnswer, Strategy } from './types';

/** For `when` clauses: how many wait. */
const CONTEXT_KEY = 'metasync.conflicts';

export class Conflicts implements vscode.Disposable {
  readonly sides = new ConflictSides();
  private readonly told = new Set<string>();
  private readonly subscription: vscode.Disposable;
  private settled = '';

  constructor(private readonly client: Pick<MetasyncClient, 'request' | 'onStatus'>) {
    this.subscription = client.onStatus((status) => this.afterSync(status));
  }

  dispose(): void { this.subscription.dispose(); }

  /** The command: lets the user go through what waits. */
  async review(): Promise<ConflictsAnswer> {
    const answer = await this.list();
    const [first] = answer.conflicts;
    if (first === undefined) void vscode.window.showInformationMessage(vscode.l10n.t('There are no conflicts.'));
    else void this.choose(answer.conflicts).then(undefined, complain);
    return answer;
  }

  /** Settles one; the answer is the server's. */
  resolve(file: string, strategy: Strategy): Promise<unknown> {
    return this.client.request('metasync.resolveConflict', file, strategy);
  }

  private async list(): Promise<ConflictsAnswer> {
    const answer = await this.client.request<ConflictsAnswer>('metasync.conflicts');
    void vscode.commands.executeCommand('setContext', CONTEXT_KEY, answer.conflicts.length);
    return answer;
  }

  private async choose(conflicts: readonly Conflict[]): Promise<void> {
    for (let rest = conflicts; ;) {
      const conflict = rest.length === 1 ? rest[0] : await pick(rest);
      if (conflict === undefined) return;
      if (!(await this.ask(conflict))) return;
      rest = (await this.list()).conflicts.filter(({ file_id }) => file_id !== conflict.file_id);
      if (rest.length === 0) return;
    }
  }

  /** Whether it was settled. */
  private async ask(conflict: Conflict): Promise<boolean> {
    await this.sides.diff(conflict);
    const choices = new Map<string, Strategy>([
      [vscode.l10n.t('Keep Mine'), 'local_wins'],
      [vscode.l10n.t('Keep Shared'), 'remote_wins'],
      [vscode.l10n.t('Keep Both'), 'keep_both'],
    ]);
    const message = vscode.l10n.t('{0} was changed here and in the shared library ({1}). Which one counts?', nameOf(conflict), conflict.fields.join(', '));
    const chosen = await vscode.window.showWarningMessage(message, ...choices.keys());
    const strategy = chosen === undefined ? undefined : choices.get(chosen);
    if (strategy === undefined) return false;
    await this.resolve(conflict.file_id, strategy);
    void vscode.window.showInformationMessage(vscode.l10n.t('The conflict of {0} is settled.', nameOf(conflict)));
    return true;
  }

  /** After each sync: new conflicts are told once. */
  private afterSync(status: ServerStatus): void {
    if (status.state !== 'up_to_date' && status.state !== 'local') return;
    const stamp = status.last_sync_at ?? '';
    if (stamp === this.settled) return;
    this.settled = stamp;
    this.list().then(({ conflicts }) => this.tell(conflicts), () => undefined);
  }

  private tell(conflicts: readonly Conflict[]): void {
    const fresh = conflicts.filter(({ file_id, detected_at }) => !this.told.has(`${file_id} ${detected_at}`));
    for (const { file_id, detected_at } of fresh) this.told.add(`${file_id} ${detected_at}`);
    if (fresh.length === 0) return;
    const [first] = fresh;
    if (fresh.length === 1 && first !== undefined) {
      void this.ask(first).then(() => this.list()).then(undefined, complain);
      return;
    }
    const review = vscode.l10n.t('Review');
    const message = vscode.l10n.t('The shared library has {0}.', count(conflicts.length, vscode.l10n.t('conflict'), vscode.l10n.t('conflicts')));
    void vscode.window.showWarningMessage(message, review).then((chosen) => (chosen === review ? this.choose(conflicts) : undefined)).then(undefined, complain);
  }
}

async function pick(conflicts: readonly Conflict[]): Promise<Conflict | undefined> {
  const items = conflicts.map((conflict) => ({
    label: `$(git-merge) ${nameOf(conflict)}`, description: conflict.fields.join(', '), detail: ago(conflict.detected_at), conflict,
  }));
  return (await vscode.window.showQuickPick(items, { title: vscode.l10n.t('Metadata: Conflicts'), placeHolder: vscode.l10n.t('Choose one to compare and settle') }))?.conflict;
}

function complain(error: unknown): void {
  void vscode.window.showErrorMessage(error instanceof Error ? error.message : String(error));
}
