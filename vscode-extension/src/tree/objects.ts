// The view "Catalogue": connections, their objects by type, their columns; each read when it is opened.
import * as vscode from 'vscode';
import { type Catalogue, PAGE } from '../catalogue/catalogue';
import type { MetasyncClient } from '../client';
import type { ConnectionRef, ObjectAnswer } from '../protocol.gen';
import { type Node, byType, keyOf, treeItem } from './items';

export class ObjectsTree implements vscode.TreeDataProvider<Node>, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<Node | undefined>();
  readonly onDidChangeTreeData = this.changed.event;
  private readonly subscription: vscode.Disposable;
  private connections: readonly ConnectionRef[] = [];
  /** How many lines of each group are shown, where "more" was asked for. */
  private readonly pages = new Map<string, number>();
  /** An object of each group that is shown although its page is not: it was asked for by its file. */
  private readonly guests = new Map<string, ObjectAnswer>();
  /** Each line that was read: the editor knows lines by their identity, and asks for their parents. */
  private readonly lines = new Map<string, Node>();
  private rootWasRead = false;
  private text = '';
  private stamp = '';

  constructor(private readonly client: MetasyncClient, private readonly catalogue: Catalogue) {
    this.take();
    this.subscription = client.onStatus(() => this.take());
  }

  /** Whether the editor has asked for lines and got some: before, none can be revealed. */
  get isFilled(): boolean { return this.rootWasRead && this.connections.length > 0; }

  get filter(): string { return this.text; }

  set filter(text: string) {
    this.text = text.trim();
    this.pages.clear();
    this.guests.clear();
    this.refresh();
  }

  refresh(): void { this.changed.fire(undefined); }

  /** One page more of a group. */
  more(parent: Node): void {
    const group = groupKey(parent);
    this.pages.set(group, (this.pages.get(group) ?? 1) + 1);
    this.changed.fire(parent);
  }

  /** The line of an object, for showing it; undefined where it is of no connection here, or filtered away. */
  async nodeOf(object: ObjectAnswer): Promise<Node | undefined> {
    const connection = this.connections.find(({ name }) => name === object.connection) ?? (this.connections.length === 1 ? this.connections[0] : undefined);
    if (connection === undefined) return undefined;
    const type = (await this.types(connection)).find((node) => node.kind === 'type' && node.type === object.object_type);
    if (type === undefined) return undefined;
    const parent = this.same(type);
    const isListed = async () => (await this.objects(parent as Extract<Node, { kind: 'type' }>)).some((node) => node.kind === 'object' && node.object.id === object.id);
    if (!(await isListed())) {
      if (this.text !== '') return undefined;
      this.guests.set(groupKey(parent), object);
      this.changed.fire(parent);
    }
    return this.same({ kind: 'object', object, parent });
  }

  getParent(node: Node): Node | undefined {
    switch (node.kind) {
      case 'type': return this.same({ kind: 'connection', connection: node.connection });
      case 'object': case 'column': case 'more': return node.parent;
      default: return undefined;
    }
  }

  getTreeItem(node: Node): vscode.TreeItem {
    return treeItem(node, this.connections.length === 1);
  }

  async getChildren(node?: Node): Promise<Node[]> {
    const children = await this.childrenOf(node);
    if (node === undefined) this.rootWasRead = true;
    return children.map((child) => this.same(child));
  }

  private async childrenOf(node: Node | undefined): Promise<Node[]> {
    if (node === undefined) return this.connections.map((connection) => ({ kind: 'connection', connection }));
    try {
      switch (node.kind) {
        case 'connection': return await this.types(node.connection);
        case 'type': return await this.objects(node);
        case 'object': return await this.columns(node);
        default: return [];
      }
    } catch (error) {
      return [{ kind: 'note', text: error instanceof Error ? error.message : String(error) }];
    }
  }

  dispose(): void {
    this.subscription.dispose();
    this.changed.dispose();
  }

  /** The line as it was read before, with what is known now. */
  private same(node: Node): Node {
    if (node.kind === 'note') return node;
    const key = keyOf(node);
    const known = this.lines.get(key);
    if (known === undefined) this.lines.set(key, node);
    else Object.assign(known, node);
    return known ?? node;
  }

  private async types(connection: ConnectionRef): Promise<Node[]> {
    const types = await this.catalogue.types(connection.id, this.text);
    if (types.length === 0) {
      return [{ kind: 'note', text: this.text === '' ? vscode.l10n.t('Nothing is known yet.') : vscode.l10n.t('Nothing has "{0}" in its name.', this.text) }];
    }
    return types
      .map(({ object_type, count }): Node & { kind: 'type' } => ({ kind: 'type', connection, type: object_type, count }))
      .sort((a, b) => byType(a.type, b.type));
  }

  private async objects(node: Extract<Node, { kind: 'type' }>): Promise<Node[]> {
    const wanted = (this.pages.get(groupKey(node)) ?? 1) * PAGE;
    const nodes: Node[] = [];
    let total = 0;
    while (nodes.length < wanted) {
      const page = await this.catalogue.objects({ connection: node.connection.id, type: node.type, filter: this.text, offset: nodes.length, limit: PAGE });
      total = page.total;
      if (page.objects.length === 0) break;
      for (const object of page.objects) nodes.push({ kind: 'object', object, parent: node });
      if (nodes.length >= total) break;
    }
    const shown = nodes.length;
    const guest = this.guests.get(groupKey(node));
    if (guest !== undefined && !nodes.some((one) => one.kind === 'object' && one.object.id === guest.id)) nodes.push({ kind: 'object', object: guest, parent: node });
    if (shown < total) nodes.push({ kind: 'more', parent: node, shown, total });
    return nodes;
  }

  private async columns(parent: Extract<Node, { kind: 'object' }>): Promise<Node[]> {
    const { object } = parent;
    const columns = await this.catalogue.columns(object.id);
    if (columns === undefined) return [{ kind: 'note', text: vscode.l10n.t('This server does not list columns; the hover does.') }];
    if (columns.length === 0) return [{ kind: 'note', text: vscode.l10n.t('No columns are known.') }];
    return columns.map((column) => ({ kind: 'column', object, column, parent }));
  }

  /** Reads anew only when something is different: the status also tells of each step of a sync. */
  private take(): void {
    const { status } = this.client;
    if (status.state === 'syncing' || status.state === 'starting') return;
    this.connections = status.state === 'stopped' ? [] : status.connections;
    if (this.connections.length === 0) this.lines.clear();
    const stamp = status.state === 'stopped' ? 'stopped' : JSON.stringify([status.connections, status.objects, status.last_sync_at]);
    if (stamp === this.stamp) return;
    this.stamp = stamp;
    this.refresh();
  }
}

function groupKey(node: Node): string {
  return node.kind === 'type' ? `${node.connection.id}\n${node.type}` : '';
}
