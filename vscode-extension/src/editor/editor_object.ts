// Which object of the catalogue the user is at: what the file in the active editor makes, or describes
// around the cursor. Asked a moment after the cursor rests, and anew when the server knows more.
import * as vscode from 'vscode';
import { type MetasyncClient, isOurs } from '../client';
import type { ObjectAnswer, ObjectAtAnswer, ObjectAtParams } from '../protocol.gen';

/** How long the cursor rests before the server is asked. Milliseconds. */
const REST_MS = 150;

/** What a place in a document is about; undefined where the server can't tell. */
export async function objectAt(client: MetasyncClient, document: vscode.TextDocument, position: vscode.Position): Promise<ObjectAtAnswer | undefined> {
  if (!isOurs(document)) return undefined;
  const params: ObjectAtParams = { uri: document.uri.toString(), line: position.line, character: position.character };
  return client.ask<ObjectAtAnswer>('metasync/objectAt', params);
}

export class EditorObject implements vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<ObjectAnswer | undefined>();
  /** Fires when it is another object, or none any more. */
  readonly onDidChange = this.changed.event;
  private current: ObjectAnswer | undefined;
  private timer: NodeJS.Timeout | undefined;
  private asked = 0;
  private stamp = '';
  private readonly subscriptions: vscode.Disposable[];

  constructor(private readonly client: MetasyncClient) {
    this.subscriptions = [
      vscode.window.onDidChangeActiveTextEditor(() => this.soon()),
      vscode.window.onDidChangeTextEditorSelection(({ textEditor }) => {
        // A file of SQL makes one object, wherever the cursor is.
        if (textEditor === vscode.window.activeTextEditor && textEditor.document.languageId.includes('yaml')) this.soon();
      }),
      client.onStatus((status) => {
        const stamp = status.state === 'stopped' ? '' : `${status.objects} ${status.last_sync_at ?? ''}`;
        if (stamp === this.stamp) return;
        this.stamp = stamp;
        this.soon();
      }),
    ];
    this.soon();
  }

  /** The last one; what was there stays while other things than texts of ours have the focus. */
  get latest(): ObjectAnswer | undefined { return this.current; }

  dispose(): void {
    clearTimeout(this.timer);
    this.asked++;
    for (const subscription of this.subscriptions) subscription.dispose();
    this.changed.dispose();
  }

  private soon(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.look(), REST_MS);
  }

  private async look(): Promise<void> {
    const mine = ++this.asked;
    const editor = vscode.window.activeTextEditor;
    const { status } = this.client;
    if (editor === undefined || !isOurs(editor.document) || status.state === 'stopped' || status.state === 'starting') return;
    const answer = await objectAt(this.client, editor.document, editor.selection.active).catch(() => undefined);
    if (mine !== this.asked || answer === undefined) return;
    const object = answer.own ?? undefined;
    if (object?.id === this.current?.id) return;
    this.current = object;
    this.changed.fire(object);
  }
}
