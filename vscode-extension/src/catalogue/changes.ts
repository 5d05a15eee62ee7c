// What the last sync changed: badges for the views, and one quiet line in the status bar.
import * as vscode from 'vscode';
import type { MetasyncClient } from '../client';
import type { ChangedObject, ChangedParams } from '../protocol.gen';

/** How long the line stays, in milliseconds. */
const SHOWN_MS = 15_000;

export class Changes implements vscode.Disposable {
  private latest = new Map<string, ChangedObject>();
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChange = this.changed.event;
  private readonly subscription: vscode.Disposable;
  private shown: vscode.Disposable | undefined;

  constructor(client: Pick<MetasyncClient, 'onChanged'>) {
    this.subscription = client.onChanged((params) => this.take(params));
  }

  get count(): number { return this.latest.size; }

  /** What changed about an object in the last sync, by its id. */
  of(id: string): ChangedObject | undefined { return this.latest.get(id); }

  /** Seen: the badges go. */
  clear(): void { this.keep([]); }

  dispose(): void {
    this.shown?.dispose();
    this.subscription.dispose();
    this.changed.dispose();
  }

  private take({ objects, message }: ChangedParams): void {
    this.keep(Array.isArray(objects) ? objects : []);
    if (typeof message !== 'string' || message === '') return;
    this.shown?.dispose();
    // Never a notification: nobody asked for it, and it comes while people type.
    this.shown = vscode.window.setStatusBarMessage(`$(sparkle) ${plain(message)}`, SHOWN_MS);
  }

  private keep(objects: readonly ChangedObject[]): void {
    this.latest = new Map(objects.map((object) => [object.id, object]));
    this.changed.fire();
  }
}

/** Names come from elsewhere: `$(…)` in them is no icon. */
function plain(text: string): string { return text.replaceAll('$(', '$\u200b('); }
