// Lineage of one object as an indented list: what it is built from above, what uses it below.
import * as vscode from 'vscode';
import type { LineageAnswer, LineageNode, ObjectAnswer } from '../protocol.gen';
import { type ObjectItem, objectItem } from './objects';

/** A list of more lines than this helps nobody. */
const MAX_LINES = 500;
/** Two of these per level; ordinary blanks are swallowed by the list. */
const INDENT = '\u2003';

export async function pickFromLineage(answer: LineageAnswer): Promise<ObjectAnswer | undefined> {
  const items: (ObjectItem | vscode.QuickPickItem)[] = [];
  const separator = (label: string) => items.push({ label, kind: vscode.QuickPickItemKind.Separator });
  separator(vscode.l10n.t('built from'));
  addTree(items, answer.upstream, 'upstream', 0);
  if (answer.upstream.length === 0) items.push({ label: vscode.l10n.t('Nothing that the catalogue knows') });
  separator(vscode.l10n.t('this'));
  items.push(objectItem(answer.object));
  separator(vscode.l10n.t('used by'));
  addTree(items, answer.downstream, 'downstream', 0);
  if (answer.downstream.length === 0) items.push({ label: vscode.l10n.t('Nothing that the catalogue knows') });
  const chosen = await vscode.window.showQuickPick(items, {
    title: vscode.l10n.t('Metadata: Lineage of {0}', answer.object.name),
    placeHolder: vscode.l10n.t('Choose one to open its file'),
    matchOnDescription: true,
  });
  return chosen !== undefined && 'object' in chosen ? chosen.object : undefined;
}

function addTree(items: vscode.QuickPickItem[], nodes: readonly LineageNode[], direction: 'upstream' | 'downstream', depth: number): void {
  for (const node of nodes) {
    if (items.length >= MAX_LINES) return;
    const item = objectItem(node, INDENT.repeat(depth * 2));
    // Here the tree is the point; descriptions would pull its lines apart.
    delete item.detail;
    item.alwaysShow = false;
    if (node.columns !== undefined && node.columns.length > 0) item.description = `${item.description ?? ''} (${node.columns.join(', ')})`;
    items.push(item);
    addTree(items, node[direction] ?? [], direction, depth + 1);
  }
}
