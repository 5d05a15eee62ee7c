// The container "Metadata" in the activity bar: its views, their titles and badges, their commands.
import * as vscode from 'vscode';
import type { Catalogue } from '../catalogue/catalogue';
import type { Changes } from '../catalogue/changes';
import type { MetasyncClient } from '../client';
import type { EditorObject } from '../editor/editor_object';
import { openColumn, openObject } from '../open';
import type { ObjectAnswer } from '../protocol.gen';
import { autoReveal } from '../settings';
import { Badges } from './badges';
import { type Node, columnOf, connectionOf, objectOf } from './items';
import { ObjectsTree } from './objects';
import { SyncsTree } from './syncs';

/** How long it is waited before a line is looked for again, first and last. Milliseconds. */
const FIRST_WAIT_MS = 100;
const LAST_WAIT_MS = 3_200;

/** For `when` clauses: whether the view is filtered. */
const FILTERED = 'metasync.filtered';

export class Views implements vscode.Disposable {
  private readonly objects: ObjectsTree;
  private readonly view: vscode.TreeView<Node>;
  private readonly subscriptions: vscode.Disposable[];

  constructor(client: MetasyncClient, catalogue: Catalogue, private readonly changes: Changes, private readonly editor: EditorObject) {
    this.objects = new ObjectsTree(client, catalogue);
    const syncs = new SyncsTree(client);
    this.view = vscode.window.createTreeView('metasync.objects', { treeDataProvider: this.objects, showCollapseAll: true });
    this.subscriptions = [
      this.objects, syncs, this.view,
      vscode.window.createTreeView('metasync.syncs', { treeDataProvider: syncs }),
      vscode.window.registerFileDecorationProvider(new Badges(changes)),
      changes.onDidChange(() => this.badge()),
      editor.onDidChange((object) => { if (object !== undefined && autoReveal()) void this.reveal(object, false); }),
      this.view.onDidChangeVisibility(({ visible }) => { if (visible && autoReveal() && editor.latest !== undefined) void this.reveal(editor.latest, false); }),
    ];
  }

  /** What the views' menus run. */
  commands(): Record<string, (...args: unknown[]) => unknown> {
    return {
      'metasync.filterObjects': () => this.askFilter(),
      'metasync.clearFilter': () => this.filter(''),
      'metasync.refreshObjects': () => this.objects.refresh(),
      'metasync.moreObjects': (parent) => this.objects.more(parent as Node),
      'metasync.clearBadges': () => this.changes.clear(),
      'metasync.openObject': (given) => {
        const object = objectOf(given);
        const column = columnOf(given);
        if (object === undefined) return undefined;
        return column === undefined ? openObject(object) : openColumn(object, column);
      },
      'metasync.revealObject': (given) => this.askReveal(objectOf(given)),
      'metasync.copyName': (given) => vscode.env.clipboard.writeText(columnOf(given) ?? objectOf(given)?.full_name ?? connectionOf(given)?.name ?? ''),
    };
  }

  /** Shows only what has this text in its name. */
  filter(text: string): void {
    this.objects.filter = text;
    this.view.description = this.objects.filter === '' ? '' : `"${this.objects.filter}"`;
    void vscode.commands.executeCommand('setContext', FILTERED, this.objects.filter !== '');
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  private async askReveal(given: ObjectAnswer | undefined): Promise<void> {
    const object = given ?? this.editor.latest;
    if (object !== undefined && (await this.reveal(object, true))) return;
    void vscode.window.showInformationMessage(object === undefined
      ? vscode.l10n.t('The catalogue knows no object of the file in the editor.')
      : vscode.l10n.t('{0} is not listed in the catalogue of this workspace.', object.full_name));
  }

  /** Selects an object's line. Unasked only where the view is seen, and never against its filter. */
  private async reveal(object: ObjectAnswer, asked: boolean): Promise<boolean> {
    if (asked) {
      await vscode.commands.executeCommand('metasync.objects.focus');
      if (this.objects.filter !== '' && (await this.objects.nodeOf(object)) === undefined) this.filter('');
    }
    // A tree that is just being filled, or filled anew by a sync, knows its lines a moment later.
    for (let wait = FIRST_WAIT_MS; wait <= LAST_WAIT_MS; wait *= 2) {
      if (!asked && (!this.view.visible || this.editor.latest?.id !== object.id)) return false;
      try {
        const node = this.objects.isFilled ? await this.objects.nodeOf(object) : undefined;
        if (node !== undefined) {
          await this.view.reveal(node, { select: true, focus: asked, expand: false });
          return true;
        }
        if (this.objects.isFilled) return false;
      } catch {
        // Tried again; in the end the answer tells.
      }
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
    return false;
  }

  private async askFilter(): Promise<void> {
    const text = await vscode.window.showInputBox({
      title: vscode.l10n.t('Metadata: Filter'),
      prompt: vscode.l10n.t('Part of a name; empty shows everything'),
      value: this.objects.filter,
    });
    if (text !== undefined) this.filter(text);
  }

  private badge(): void {
    const { count } = this.changes;
    // Undefined would leave the old one there in older versions.
    this.view.badge = count === 0 ? { value: 0, tooltip: '' } : { value: count, tooltip: vscode.l10n.t('{0} changed in the last sync', count) };
  }
}
