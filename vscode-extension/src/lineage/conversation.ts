// What answers the page of a lineage graph, wherever it is shown. The page can ask for objects that it
// was told of and for nothing else.
import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import type { Catalogue } from '../catalogue/catalogue';
import type { MetasyncClient } from '../client';
import { openObject } from '../open';
import type { LineageAnswer, LineageNode, ObjectAnswer } from '../protocol.gen';
import { pickObject } from '../views/search';
import { type Direction, type FromPage, type ToPage, fromPage } from './messages';
import { pageHtml } from './page';
import { saveSvg } from './save';
import { traceColumn } from './trace';

/** Levels in each direction at first; the rest comes with the knobs. */
const FIRST_DEPTH = 3;

/** What a conversation needs of the place where its page is shown. */
export interface Host {
  /** Where files that the page opens go. */
  column(): vscode.ViewColumn;
  /** The page shows this object from now on; undefined where it shows none. */
  shown(object: ObjectAnswer | undefined): void;
  /** The user wants the page to follow the editor, or not. */
  follow(on: boolean): void;
}

/** What is shown at first of an object. Throws where the name is not known. */
export function firstLineage(client: MetasyncClient, name: string): Promise<LineageAnswer> {
  return client.request<LineageAnswer>('metasync.lineage', name, { direction: 'both', depth: FIRST_DEPTH });
}

export class Conversation implements vscode.Disposable {
  private ready = false;
  private root: Extract<ToPage, { type: 'root' }> | undefined;
  /** Where there is no graph: why. A page that is not ready yet would not hear of it. */
  private instead: ToPage | undefined;
  private following = false;
  /** Questions are answered in their order, but only the last one that was asked is shown. */
  private asked = 0;
  /** Of the last sync that was looked at. */
  private stamp = '';
  private readonly known = new Map<string, ObjectAnswer>();
  private readonly subscriptions: vscode.Disposable[];

  constructor(
    private readonly webview: vscode.Webview,
    extension: vscode.Uri,
    private readonly client: MetasyncClient,
    private readonly catalogue: Catalogue,
    private readonly host: Host,
  ) {
    const resources = vscode.Uri.joinPath(extension, 'dist');
    webview.options = { enableScripts: true, localResourceRoots: [resources] };
    this.subscriptions = [
      webview.onDidReceiveMessage((message: unknown) => void this.take(message)),
      client.onStatus(() => void this.renew()),
    ];
    webview.html = pageHtml(webview, resources, randomBytes(16).toString('base64url'));
  }

  /** The object in the middle. */
  get shown(): ObjectAnswer | undefined { return this.root?.answer.object; }

  /** Asks the server for an object's lineage and shows it. */
  async ask(name: string, column?: string): Promise<LineageAnswer> {
    const mine = ++this.asked;
    const answer = await firstLineage(this.client, name);
    if (mine === this.asked) this.show(answer, column);
    return answer;
  }

  /** Turns to another object; says where that fails. */
  turnTo(object: ObjectAnswer): void {
    if (object.id !== this.shown?.id) this.ask(object.full_name).catch((error: unknown) => this.complain(error));
  }

  show(answer: LineageAnswer, column?: string): void {
    this.asked++;
    this.known.clear();
    this.remember(answer);
    this.instead = undefined;
    this.root = { type: 'root', answer, ...(column === undefined ? {} : { column }) };
    this.host.shown(answer.object);
    if (this.ready) this.send(this.root);
  }

  /** Shows a text in place of a graph. */
  showNothing(message: string): void {
    this.asked++;
    this.root = undefined;
    this.instead = { type: 'empty', message };
    this.host.shown(undefined);
    if (this.ready) this.send(this.instead);
  }

  /** Something went wrong: a line above the graph, or in its place where there is none. */
  complain(error: unknown): void {
    const failed: ToPage = { type: 'failed', message: error instanceof Error ? error.message : String(error) };
    if (this.root === undefined) this.instead = failed;
    if (this.ready) this.send(failed);
  }

  /** How the switch stands. */
  follows(on: boolean): void {
    this.following = on;
    if (this.ready) this.send({ type: 'following', on });
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  /** After a sync: drawn anew where it is another graph now; else what was unfolded stays unfolded. */
  private async renew(): Promise<void> {
    const { root, asked } = this;
    const { status } = this.client;
    const stamp = status.state === 'stopped' || status.state === 'syncing' ? this.stamp : `${status.objects} ${status.last_sync_at ?? ''}`;
    if (root === undefined || stamp === this.stamp) return;
    this.stamp = stamp;
    const answer = await firstLineage(this.client, root.answer.object.full_name).catch(() => undefined);
    if (answer === undefined || asked !== this.asked || JSON.stringify(answer) === JSON.stringify(root.answer)) return;
    this.show(answer);
  }

  private async take(value: unknown): Promise<void> {
    const message = fromPage(value);
    if (message === undefined) return;
    try {
      await this.answer(message);
    } catch (error) {
      this.complain(error);
    }
  }

  private async answer(message: FromPage): Promise<void> {
    switch (message.type) {
      case 'ready':
        this.ready = true;
        this.send({ type: 'following', on: this.following });
        if (this.root !== undefined) this.send(this.root);
        else if (this.instead !== undefined) this.send(this.instead);
        return;
      case 'svg': return saveSvg(message.name, message.text);
      case 'follow': return this.host.follow(message.on);
      case 'search': return this.search();
    }
    const object = this.known.get(message.id);
    if (object === undefined) return;
    switch (message.type) {
      case 'open': return openObject(object, this.host.column());
      case 'root': await this.ask(object.full_name); return;
      case 'expand': return this.expand(object, message.direction);
      case 'columns': return this.columns(object);
      case 'trace': return this.trace(object, message.column);
    }
  }

  private async search(): Promise<void> {
    const object = await pickObject(this.client, vscode.l10n.t('Metadata: Lineage of…'));
    if (object !== undefined) await this.ask(object.full_name);
  }

  private async expand(object: ObjectAnswer, direction: Direction): Promise<void> {
    const answer = await this.client.request<LineageAnswer>('metasync.lineage', object.full_name, { direction, depth: 1 });
    this.remember(answer);
    this.send({ type: 'more', answer, direction });
  }

  private async columns(object: ObjectAnswer): Promise<void> {
    this.send({ type: 'columns', id: object.id, columns: (await this.catalogue.columns(object.id)) ?? [] });
  }

  private async trace(object: ObjectAnswer, column: string): Promise<void> {
    const trace = await traceColumn(
      (name, options) => this.client.request<LineageAnswer>('metasync.lineage', name, options),
      { id: object.id, name: object.full_name, column },
    );
    for (const answer of trace.answers) this.remember(answer);
    this.send({ type: 'trace', trace });
  }

  private remember({ object, upstream, downstream }: LineageAnswer): void {
    this.known.set(object.id, object);
    const walk = (nodes: readonly LineageNode[] | null | undefined): void => {
      for (const node of nodes ?? []) {
        this.known.set(node.id, node);
        walk(node.upstream);
        walk(node.downstream);
      }
    };
    walk(upstream);
    walk(downstream);
  }

  private send(message: ToPage): void { void this.webview.postMessage(message); }
}
