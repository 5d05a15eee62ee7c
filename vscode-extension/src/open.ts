// From an object of the catalogue to its file in the workspace.
import * as vscode from 'vscode';
import type { ObjectAnswer } from './protocol.gen';

/** Opens where the object is defined, or says why that can't be done. */
export async function openObject(object: ObjectAnswer, viewColumn = vscode.ViewColumn.Active): Promise<void> {
  if (!object.path) {
    void vscode.window.showInformationMessage(vscode.l10n.t('{0} has no file of its own: the catalogue knows it by what other files say about it.', object.full_name));
    return;
  }
  const uri = await locate(object.path);
  if (uri === undefined) {
    void vscode.window.showInformationMessage(vscode.l10n.t('{0} is defined in {1} of {2}, which is not part of this workspace.', object.full_name, object.path, object.connection ?? vscode.l10n.t('another connection')));
    return;
  }
  const line = Math.max(0, (object.line ?? 1) - 1);
  await vscode.window.showTextDocument(uri, { viewColumn, selection: new vscode.Range(line, 0, line, 0) });
}

/** Opens where an object's column is made: where the outline of the file has it, else where the object begins. */
export async function openColumn(object: ObjectAnswer, column: string): Promise<void> {
  await openObject(object);
  const editor = vscode.window.activeTextEditor;
  if (!object.path || editor === undefined || !editor.document.uri.path.endsWith(object.path.split('/').at(-1) ?? '')) return;
  const symbols = await vscode.commands.executeCommand<vscode.DocumentSymbol[] | undefined>('vscode.executeDocumentSymbolProvider', editor.document.uri);
  const place = columnIn(symbols ?? [], object.name, column);
  if (place === undefined) return;
  editor.selection = new vscode.Selection(place.start, place.start);
  editor.revealRange(place, vscode.TextEditorRevealType.InCenterIfOutsideViewport);
}

/** The column below the symbol of its object, or, where that has another name, the last of that name: what a query gives stands at its end. */
function columnIn(symbols: readonly vscode.DocumentSymbol[], object: string, column: string): vscode.Range | undefined {
  const same = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();
  let found: vscode.Range | undefined;
  for (const symbol of symbols) {
    if (same(symbol.name, object)) {
      const own = symbol.children.find(({ name }) => same(name, column));
      if (own !== undefined) return own.selectionRange;
    }
    const within = columnIn(symbol.children, object, column);
    if (within !== undefined) found = within;
    else if (same(symbol.name, column)) found = symbol.selectionRange;
  }
  return found;
}

/** Where a file goes that something beside the texts opens: into the column where texts are, if there is one. */
export function besides(own: vscode.ViewColumn | undefined): vscode.ViewColumn {
  const texts = vscode.window.visibleTextEditors.map(({ viewColumn }) => viewColumn).filter((column) => column !== undefined && column !== own);
  return texts[0] ?? (own === undefined ? vscode.ViewColumn.Active : vscode.ViewColumn.Beside);
}

/** The path is relative to the repository's root, which may lie above or below the folder that is open. */
async function locate(path: string): Promise<vscode.Uri | undefined> {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.length === 0 || parts.includes('..')) return undefined;
  for (const folder of vscode.workspace.workspaceFolders ?? []) {
    for (let skip = 0; skip < parts.length; skip++) {
      const uri = vscode.Uri.joinPath(folder.uri, ...parts.slice(skip));
      // Only a suffix with a folder in it is telling; a bare file name would find somebody else's.
      if (skip > 0 && parts.length - skip < 2) break;
      if (await exists(uri)) return uri;
    }
  }
  const found = await vscode.workspace.findFiles(`**/${parts.join('/')}`, undefined, 1);
  return found[0];
}

async function exists(uri: vscode.Uri): Promise<boolean> {
  try { return ((await vscode.workspace.fs.stat(uri)).type & vscode.FileType.File) !== 0; } catch { return false; }
}
