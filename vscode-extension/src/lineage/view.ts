// The lineage graph as a view below the editors (or wherever the user moves it): it follows the editor.
import * as vscode from 'vscode';
import type { Catalogue } from '../catalogue/catalogue';
import type { MetasyncClient } from '../client';
import type { EditorObject } from '../editor/editor_object';
import { besides } from '../open';
import type { ObjectAnswer } from '../protocol.gen';
import { Conversation } from './conversation';

const VIEW = 'metasync.lineageView';

export class LineageView implements vscode.WebviewViewProvider, vscode.Disposable {
  private view: vscode.WebviewView | undefined;
  private conversation: Conversation | undefined;
  private following = true;
  private readonly subscriptions: vscode.Disposable[];

  constructor(
    private readonly extension: vscode.Uri,
    private readonly client: MetasyncClient,
    private readonly catalogue: Catalogue,
    private readonly editor: EditorObject,
  ) {
    this.subscriptions = [
      vscode.window.registerWebviewViewProvider(VIEW, this),
      editor.onDidChange(() => this.follow()),
    ];
  }

  resolveWebviewView(view: vscode.WebviewView): void {
    this.view = view;
    const conversation = new Conversation(view.webview, this.extension, this.client, this.catalogue, {
      column: () => besides(undefined),
      shown: (object) => { view.description = object?.name ?? ''; },
      follow: (on) => {
        this.following = on;
        conversation.follows(on);
        this.follow();
      },
    });
    this.conversation = conversation;
    conversation.follows(this.following);
    view.onDidChangeVisibility(() => this.follow());
    view.onDidDispose(() => {
      conversation.dispose();
      if (this.conversation === conversation) this.view = this.conversation = undefined;
    });
    this.follow();
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
    this.conversation?.dispose();
  }

  private follow(): void {
    const { conversation } = this;
    if (conversation === undefined || this.view?.visible !== true) return;
    const object: ObjectAnswer | undefined = this.following ? this.editor.latest : conversation.shown;
    if (object === undefined) {
      // What was shown stays, as long as nothing else is to be seen.
      if (conversation.shown === undefined) conversation.showNothing(vscode.l10n.t('Open a SQL or YAML file of your project: its lineage is drawn here.'));
      return;
    }
    conversation.turnTo(object);
  }
}
