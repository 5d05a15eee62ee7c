// Lines of the Metadata view.
import * as vscode from 'vscode';
import { firstLine, number } from '../format';
import type { ColumnAnswer, ConnectionRef, ObjectAnswer } from '../protocol.gen';
import { objectIcon } from '../views/objects';

export type Node =
  | { readonly kind: 'connection'; readonly connection: ConnectionRef }
  | { readonly kind: 'type'; readonly connection: ConnectionRef; readonly type: string; readonly count: number }
  | { readonly kind: 'object'; readonly object: ObjectAnswer }
  | { readonly kind: 'column'; readonly object: ObjectAnswer; readonly column: ColumnAnswer }
  | { readonly kind: 'more'; readonly parent: Node; readonly shown: number; readonly total: number }
  | { readonly kind: 'note'; readonly text: string };

/** The object that a line stands for, from what a menu hands to a command. */
export function objectOf(given: unknown): ObjectAnswer | undefined {
  if (typeof given !== 'object' || given === null) return undefined;
  const object = 'object' in given ? (given as { object: unknown }).object : given;
  return typeof object === 'object' && object !== null && 'full_name' in object ? (object as ObjectAnswer) : undefined;
}

export function columnOf(given: unknown): string | undefined {
  return typeof given === 'object' && given !== null && 'column' in given ? (given as { column: ColumnAnswer }).column.name : undefined;
}

/** Scheme of the addresses that carry badges; nothing can be opened by it. */
export const BADGE_SCHEME = 'metasync-object';

export function treeItem(node: Node, single: boolean): vscode.TreeItem {
  switch (node.kind) {
    case 'connection': return connectionItem(node.connection, single);
    case 'type': return typeItem(node);
    case 'object': return objectItem(node.object);
    case 'column': return columnItem(node.object, node.column);
    case 'more': return moreItem(node);
    case 'note': return new vscode.TreeItem(node.text, vscode.TreeItemCollapsibleState.None);
  }
}

function connectionItem(connection: ConnectionRef, single: boolean): vscode.TreeItem {
  const { Collapsed, Expanded } = vscode.TreeItemCollapsibleState;
  const item = new vscode.TreeItem(connection.name, single ? Expanded : Collapsed);
  item.id = `connection:${connection.id}`;
  item.iconPath = new vscode.ThemeIcon('plug');
  item.contextValue = 'connection';
  return item;
}

function typeItem({ connection, type, count }: Extract<Node, { kind: 'type' }>): vscode.TreeItem {
  const item = new vscode.TreeItem(type, vscode.TreeItemCollapsibleState.Collapsed);
  item.id = `type:${connection.id}:${type}`;
  item.description = number(count);
  item.iconPath = new vscode.ThemeIcon(objectIcon(type));
  item.contextValue = 'type';
  return item;
}

function objectItem(object: ObjectAnswer): vscode.TreeItem {
  const item = new vscode.TreeItem(object.name, vscode.TreeItemCollapsibleState.Collapsed);
  item.id = `object:${object.id}`;
  const about = firstLine(object.description);
  if (about !== '') item.description = about;
  item.iconPath = new vscode.ThemeIcon(objectIcon(object.object_type));
  item.resourceUri = vscode.Uri.from({ scheme: BADGE_SCHEME, path: `/${object.id}` });
  item.tooltip = objectTooltip(object);
  item.contextValue = object.path ? 'object.file' : 'object';
  item.command = { command: 'metasync.openObject', title: vscode.l10n.t('Open'), arguments: [object] };
  return item;
}

function columnItem(object: ObjectAnswer, column: ColumnAnswer): vscode.TreeItem {
  const item = new vscode.TreeItem(column.name, vscode.TreeItemCollapsibleState.None);
  item.id = `column:${object.id}:${column.name}`;
  const about = firstLine(column.description);
  item.description = [column.data_type ?? '', about].filter((part) => part !== '').join(' — ');
  item.iconPath = new vscode.ThemeIcon('symbol-field');
  const tooltip = new vscode.MarkdownString();
  tooltip.appendMarkdown('**').appendText(column.name).appendMarkdown('**');
  if (column.data_type) tooltip.appendMarkdown(' ').appendText(column.data_type);
  if (column.description) tooltip.appendMarkdown('\n\n').appendText(column.description);
  item.tooltip = tooltip;
  item.contextValue = 'column';
  return item;
}

function moreItem({ parent, shown, total }: Extract<Node, { kind: 'more' }>): vscode.TreeItem {
  const rest = number(total - shown);
  const item = new vscode.TreeItem(vscode.l10n.t('Show more ({0} left)', rest), vscode.TreeItemCollapsibleState.None);
  item.iconPath = new vscode.ThemeIcon('ellipsis');
  item.command = { command: 'metasync.moreObjects', title: vscode.l10n.t('Show more'), arguments: [parent] };
  return item;
}

/** Names and descriptions come from elsewhere: shown as text, in markdown that is not trusted. */
function objectTooltip(object: ObjectAnswer): vscode.MarkdownString {
  const tooltip = new vscode.MarkdownString();
  tooltip.appendMarkdown('**').appendText(object.full_name).appendMarkdown('**\n\n').appendText(object.object_type);
  if (object.connection) tooltip.appendMarkdown(' · ').appendText(object.connection);
  if (object.path) tooltip.appendMarkdown(' · ').appendText(object.path);
  if (object.description) tooltip.appendMarkdown('\n\n').appendText(object.description);
  return tooltip;
}
