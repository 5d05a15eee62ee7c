// Saving the graph as a picture, where the user says.
import * as vscode from 'vscode';

export async function saveSvg(name: string, text: string): Promise<void> {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const file = `lineage-${name.replace(/[^\w.-]+/g, '_')}.svg`;
  const target = await vscode.window.showSaveDialog({
    filters: { SVG: ['svg'] },
    title: vscode.l10n.t('Save the lineage graph'),
    ...(folder === undefined ? {} : { defaultUri: vscode.Uri.joinPath(folder, file) }),
  });
  if (target === undefined) return;
  await vscode.workspace.fs.writeFile(target, new TextEncoder().encode(text));
  const open = vscode.l10n.t('Open');
  const chosen = await vscode.window.showInformationMessage(vscode.l10n.t('The graph was saved as {0}.', target.path.split('/').at(-1) ?? ''), open);
  if (chosen === open) await vscode.commands.executeCommand('vscode.open', target);
}
