// The lineage panel: a page that draws, and here what answers it. The page can ask for objects that
// it was told of and for nothing else.
import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import type { Catalogue } from '../catalogue/catalogue';
import type { MetasyncClient } from '../client';
import { openObject } from '../open';
import type { LineageAnswer, LineageNode, ObjectAnswer } from '../protocol.gen';
import { type Direction, type FromPage, type ToPage, fromPage } from './messages';
import { pageHtml } from './page';
import { saveSvg } from './save';
import { traceColumn } from './trace';

const VIEW_TYPE = 'metasync.lineage';
/** Levels in each direction at first; the rest comes with the knobs. */
const FIRST_DEPTH = 3;

/** How often a panel of the last session asks for its graph. */
const RESTORE_TRIES = 10;

/** What is kept over a reload of the window. */
interface Kept { readonly name?: string }

export class LineagePanel implements vscode.Disposable {
  private panel: vscode.WebviewPanel | undefined;
  private ready = false;
  /** What went wrong last: a page that is not ready yet would not hear of it. */
  private problem: ToPage | undefined;
  private root: Extract<ToPage, { type: 'root' }> | undefined;
  private readonly known = new Map<string, ObjectAnswer>();
  private readonly serializer: vscode.Disposable;

  constructor(private readonly extension: vscode.Uri, private readonly client: MetasyncClient, private readonly catalogue: Catalogue) {
    this.serializer = vscode.window.registerWebviewPanelSerializer(VIEW_TYPE, {
      deserializeWebviewPanel: async (panel, kept: Kept | undefined) => {
        this.adopt(panel);
        // the page's own memory may be lost when the window closes fast: the title still tells what it showed
        const name = typeof kept?.name === 'string' ? kept.name : /: (.+)$/.exec(panel.title)?.[1];
        if (name !== undefined) void this.restore(panel, name);
      },
    });
  }

  /** Shows an answer; opens the panel or takes the one that is there. */
  show(answer: LineageAnswer, column?: string): void {
    if (this.panel === undefined) {
      this.adopt(vscode.window.createWebviewPanel(VIEW_TYPE, '', { viewColumn: vscode.ViewColumn.Active }, { enableScripts: true, localResourceRoots: [this.resources] }));
    } else {
      this.panel.reveal();
    }
    this.known.clear();
    this.remember(answer);
    this.root = { type: 'root', answer, ...(column === undefined ? {} : { column }) };
    if (this.panel !== undefined) this.panel.title = vscode.l10n.t('Lineage: {0}', answer.object.name);
    if (this.ready) this.send(this.root);
  }

  /** Asks the server for an object's lineage and shows it. */
  async ask(name: string, column?: string): Promise<LineageAnswer> {
    const answer = await this.client.request<LineageAnswer>('metasync.lineage', name, { direction: 'both', depth: FIRST_DEPTH });
    this.show(answer, column);
    return answer;
  }

  dispose(): void {
    this.serializer.dispose();
    this.panel?.dispose();
  }

  /** After a reload the server may know nothing yet: asked again at each of its news, until it does. */
  private async restore(panel: vscode.WebviewPanel, name: string): Promise<void> {
    for (let tries = 0; tries < RESTORE_TRIES && this.panel === panel && this.root === undefined; tries++) {
      try {
        await this.ask(name);
        return;
      } catch (error) {
        this.complain(error);
      }
      await new Promise<void>((resolve) => {
        const done = this.client.onStatus(() => { done.dispose(); resolve(); });
      });
    }
  }

  private get resources(): vscode.Uri { return vscode.Uri.joinPath(this.extension, 'dist'); }

  private adopt(panel: vscode.WebviewPanel): void {
    this.panel?.dispose();
    this.panel = panel;
    this.ready = false;
    panel.iconPath = vscode.Uri.joinPath(this.extension, 'media', 'lineage.svg');
    panel.webview.options = { enableScripts: true, localResourceRoots: [this.resources] };
    panel.webview.onDidReceiveMessage((message: unknown) => void this.take(message));
    panel.onDidDispose(() => {
      if (this.panel !== panel) return;
      this.panel = undefined;
      this.root = undefined;
      this.ready = false;
    });
    panel.webview.html = pageHtml(panel.webview, this.resources, randomBytes(16).toString('base64url'));
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
    if (message.type === 'ready') {
      this.ready = true;
      if (this.root !== undefined) this.send(this.root);
      else if (this.problem !== undefined) this.send(this.problem);
      return;
    }
    if (message.type === 'svg') return saveSvg(message.name, message.text);
    const object = this.known.get(message.id);
    if (object === undefined) return;
    switch (message.type) {
      case 'open': return openObject(object, vscode.ViewColumn.Beside);
      case 'root': await this.ask(object.full_name); return;
      case 'expand': return this.expand(object, message.direction);
      case 'columns': return this.columns(object);
      case 'trace': return this.trace(object, message.column);
    }
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

  private complain(error: unknown): void {
    this.problem = { type: 'failed', message: error instanceof Error ? error.message : String(error) };
    this.send(this.problem);
  }

  private send(message: ToPage): void { void this.panel?.webview.postMessage(message); }
}
