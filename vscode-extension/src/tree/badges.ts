// Badges on objects of the view that the last sync changed.
import * as vscode from 'vscode';
import type { Changes } from '../catalogue/changes';
import { BADGE_SCHEME } from './items';

export class Badges implements vscode.FileDecorationProvider {
  readonly onDidChangeFileDecorations: vscode.Event<undefined>;

  constructor(private readonly changes: Changes) {
    const fired = new vscode.EventEmitter<undefined>();
    changes.onDidChange(() => fired.fire(undefined));
    this.onDidChangeFileDecorations = fired.event;
  }

  provideFileDecoration(uri: vscode.Uri): vscode.FileDecoration | undefined {
    if (uri.scheme !== BADGE_SCHEME) return undefined;
    const change = this.changes.of(uri.path.slice(1));
    if (change === undefined) return undefined;
    const added = change.change === 'added';
    return new vscode.FileDecoration(
      added ? 'A' : 'M', change.what,
      new vscode.ThemeColor(added ? 'gitDecoration.addedResourceForeground' : 'gitDecoration.modifiedResourceForeground'),
    );
  }
}
