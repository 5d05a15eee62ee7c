// The lineage graph as a tab among the editors.
import * as vscode from 'vscode';
import type { Catalogue } from '../catalogue/catalogue';
import type { MetasyncClient } from '../client';
import type { EditorObject } from '../editor/editor_object';
import { besides } from '../open';
import type { LineageAnswer, ObjectAnswer } from '../protocol.gen';
import { Conversation, type Host, firstLineage } from './conversation';

const VIEW_TYPE = 'metasync.lineage';
/** How often a panel of the last session asks for its graph. */
const RESTORE_TRIES = 10;

/** What is kept over a reload of the window. */
interface Kept { readonly name?: string }

export class LineagePanel implements vscode.Disposable {
  private panel: vscode.WebviewPanel | undefined;
  private conversation: Conversation | undefined;
  private following = false;
  private readonly subscriptions: vscode.Disposable[];

  constructor(
    private readonly extension: vscode.Uri,
    private readonly client: MetasyncClient,
    private readonly catalogue: Catalogue,
    private readonly editor: EditorObject,
  ) {
    this.subscriptions = [
      vscode.window.registerWebviewPanelSerializer(VIEW_TYPE, {
        deserializeWebviewPanel: async (panel, kept: Kept | undefined) => {
          this.adopt(panel);
          // the page's own memory may be lost when the window closes fast: the title still tells what it showed
          const name = typeof kept?.name === 'string' ? kept.name : /: (.+)$/.exec(panel.title)?.[1];
          if (name !== undefined) void this.restore(panel, name);
        },
      }),
      editor.onDidChange((object) => { if (this.following) this.followTo(object); }),
    ];
  }

  /** Shows an object's lineage; opens the panel or takes the one that is there. */
  async ask(name: string, column?: string): Promise<LineageAnswer> {
    // Asked before anything opens: a name that is not known opens no empty panel.
    const answer = await firstLineage(this.client, name);
    if (this.panel === undefined) this.adopt(vscode.window.createWebviewPanel(VIEW_TYPE, title(answer.object), { viewColumn: vscode.ViewColumn.Active }, {}));
    else this.panel.reveal();
    this.conversation?.show(answer, column);
    return answer;
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
    this.panel?.dispose();
  }

  /** After a reload the server may know nothing yet: asked again at each of its news, until it does. */
  private async restore(panel: vscode.WebviewPanel, name: string): Promise<void> {
    for (let tries = 0; tries < RESTORE_TRIES && this.panel === panel && this.conversation?.shown === undefined; tries++) {
      try {
        await this.conversation?.ask(name);
        return;
      } catch (error) {
        this.conversation?.complain(error);
      }
      await new Promise<void>((resolve) => {
        const done = this.client.onStatus(() => { done.dispose(); resolve(); });
      });
    }
  }

  private followTo(object: ObjectAnswer | undefined): void {
    if (object !== undefined) this.conversation?.turnTo(object);
  }

  private adopt(panel: vscode.WebviewPanel): void {
    this.panel?.dispose();
    this.panel = panel;
    this.following = false;
    panel.iconPath = vscode.Uri.joinPath(this.extension, 'media', 'lineage.svg');
    const host: Host = {
      column: () => besides(panel.viewColumn),
      shown: (object) => { if (object !== undefined) panel.title = title(object); },
      follow: (on) => {
        this.following = on;
        this.conversation?.follows(on);
        if (on) this.followTo(this.editor.latest);
      },
    };
    const conversation = new Conversation(panel.webview, this.extension, this.client, this.catalogue, host);
    this.conversation = conversation;
    panel.onDidDispose(() => {
      conversation.dispose();
      if (this.panel !== panel) return;
      this.panel = undefined;
      this.conversation = undefined;
    });
  }
}

function title(object: ObjectAnswer): string { return vscode.l10n.t('Lineage: {0}', object.name); }
