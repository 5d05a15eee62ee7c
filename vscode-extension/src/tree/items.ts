// Lines of the Metadata view.
import * as vscode from 'vscode';
import { firstLine, number } from '../format';
import { plain } from '../markdown';
import type { ColumnAnswer, ConnectionRef, ObjectAnswer } from '../protocol.gen';
import { objectIcon } from '../views/objects';

export type Node =
  | { readonly kind: 'connection'; readonly connection: ConnectionRef }
  | { readonly kind: 'type'; readonly connection: ConnectionRef; readonly type: string; readonly count: number }
  | { readonly kind: 'object'; readonly object: ObjectAnswer; readonly parent: Node }
  | { readonly kind: 'column'; readonly object: ObjectAnswer; readonly column: ColumnAnswer; readonly parent: Node }
  | { readonly kind: 'more'; readonly parent: Node; readonly shown: number; readonly total: number }
  | { readonly kind: 'note'; readonly text: string };

/** What a line is known by: the same line has the same key, whenever it is read. */
export function keyOf(node: Node): string {
  switch (node.kind) {
    case 'connection': return `connection:${node.connection.id}`;
    case 'type': return `type:${node.connection.id}:${node.type}`;
    case 'object': return `object:${node.object.id}`;
    case 'column': return `column:${node.object.id}:${node.column.name}`;
    case 'more': return `more:${keyOf(node.parent)}`;
    case 'note': return `note:${node.text}`;
  }
}

/** The object that a line stands for, from what a menu hands to a command. */
export function objectOf(given: unknown): ObjectAnswer | undefined {
  if (typeof given !== 'object' || given === null) return undefined;
  const object = 'object' in given ? (given as { object: unknown }).object : given;
  return typeof object === 'object' && object !== null && 'full_name' in object ? (object as ObjectAnswer) : undefined;
}

export function columnOf(given: unknown): string | undefined {
  return typeof given === 'object' && given !== null && 'column' in given ? (given as { column: ColumnAnswer }).column.name : undefined;
}

export function connectionOf(given: unknown): ConnectionRef | undefined {
  return typeof given === 'object' && given !== null && 'kind' in given && given.kind === 'connection' ? (given as Extract<Node, { kind: 'connection' }>).connection : undefined;
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
  item.id = keyOf({ kind: 'connection', connection });
  item.iconPath = new vscode.ThemeIcon('plug');
  item.tooltip = vscode.l10n.t('Connection {0}', connection.name);
  item.contextValue = 'connection';
  return item;
}

function typeItem({ connection, type, count }: Extract<Node, { kind: 'type' }>): vscode.TreeItem {
  const item = new vscode.TreeItem(typeWords(type), vscode.TreeItemCollapsibleState.Collapsed);
  item.id = `type:${connection.id}:${type}`;
  item.description = number(count);
  item.tooltip = count === 1 ? vscode.l10n.t('1 object of the type {0}', type) : vscode.l10n.t('{0} objects of the type {1}', number(count), type);
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
  const tooltip = new vscode.MarkdownString(`**${plain(column.name)}**`);
  if (column.data_type) tooltip.appendMarkdown(` ${plain(column.data_type)}`);
  if (column.description) tooltip.appendMarkdown(`\n\n${plain(column.description)}`);
  item.tooltip = tooltip;
  item.contextValue = 'column';
  item.command = { command: 'metasync.openObject', title: vscode.l10n.t('Open'), arguments: [{ object, column }] };
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
  const where = [object.object_type, object.connection, object.path].filter((part) => part).map((part) => plain(part ?? '')).join(' · ');
  const tooltip = new vscode.MarkdownString(`**${plain(object.full_name)}**\n\n${where}`);
  if (object.description) tooltip.appendMarkdown(`\n\n${plain(object.description)}`);
  return tooltip;
}

/** In this order; what is not listed comes behind, by its name. */
const ORDER = ['model', 'source', 'seed', 'snapshot', 'table', 'view', 'test', 'unit_test', 'macro', 'exposure', 'metric', 'semantic_model'];

/** Which of two types stands first. */
export function byType(a: string, b: string): number {
  const rank = (type: string) => (ORDER.includes(type) ? ORDER.indexOf(type) : ORDER.length);
  return rank(a) - rank(b) || a.localeCompare(b);
}

/** The heading of the objects of a type. */
export function typeWords(type: string): string {
  switch (type) {
    case 'model': return vscode.l10n.t('Models');
    case 'source': return vscode.l10n.t('Sources');
    case 'seed': return vscode.l10n.t('Seeds');
    case 'snapshot': return vscode.l10n.t('Snapshots');
    case 'table': return vscode.l10n.t('Tables');
    case 'view': return vscode.l10n.t('Views');
    case 'test': return vscode.l10n.t('Tests');
    case 'macro': return vscode.l10n.t('Macros');
    case 'exposure': return vscode.l10n.t('Exposures');
    case 'metric': return vscode.l10n.t('Metrics');
    default: return `${type.charAt(0).toUpperCase()}${type.slice(1).replaceAll('_', ' ')}`;
  }
}
