// Both sides of a conflict as documents, for a diff: the text where there is one, the entry otherwise.
import * as vscode from 'vscode';
import type { Conflict, LibraryFile } from './types';

export const CONFLICT_SCHEME = 'metasync-conflict';

type Side = 'local' | 'remote';

export class ConflictSides implements vscode.TextDocumentContentProvider {
  private readonly texts = new Map<string, string>();

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.texts.get(uri.toString()) ?? '';
  }

  /** Opens the diff, mine on the right as in a diff of git. */
  async diff(conflict: Conflict): Promise<void> {
    const name = nameOf(conflict);
    await vscode.commands.executeCommand(
      'vscode.diff', this.keep(conflict, 'remote'), this.keep(conflict, 'local'),
      vscode.l10n.t('{0}: shared ↔ mine', name), { preview: true, preserveFocus: true },
    );
  }

  private keep(conflict: Conflict, side: Side): vscode.Uri {
    const both = conflict.local?.text !== undefined && conflict.remote?.text !== undefined;
    const file = nameOf(conflict).replace(/[/\\?#]/g, '_');
    const uri = vscode.Uri.from({ scheme: CONFLICT_SCHEME, path: `/${side}/${both ? file : `${file}.json`}`, query: `${conflict.file_id} ${conflict.detected_at}` });
    this.texts.set(uri.toString(), content(conflict[side], both));
    return uri;
  }
}

export function nameOf({ file_id, local, remote, base }: Conflict): string {
  return local?.name ?? remote?.name ?? base?.name ?? file_id;
}

function content(side: LibraryFile | null, text: boolean): string {
  if (side === null) return '';
  return text ? side.text ?? '' : `${JSON.stringify(side, null, 2)}\n`;
}
