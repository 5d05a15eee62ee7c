// The language client: starts the server, hands it the settings, carries its commands and its status.
import * as vscode from 'vscode';
import type { LanguageClient, LanguageClientOptions, RevealOutputChannelOn } from 'vscode-languageclient/node';
import type { RedactedChannel } from './log';
import type { ProgressRouter } from './progress';
import type { ChangedParams, Settings, StatusParams } from './protocol.gen';
import { findServer } from './server_path';
import { SECTION, logLevel, serverPath, serverSettings } from './settings';
import type { TokenStore } from './token';

/** JSON-RPC's "method not found". */
const UNKNOWN_METHOD = -32601;

/** Languages that the server answers for; the schemes are those of files that it can read itself. */
const LANGUAGES = ['sql', 'jinja-sql', 'yaml', 'jinja-yaml', 'python'];
const SCHEMES = ['file', 'vscode-remote'];

/** `RevealOutputChannelOn.Never`, without loading the library for it. */
const NEVER: RevealOutputChannelOn.Never = 4;

/** The server's status, or why there is no server. */
export type ServerStatus = StatusParams | { readonly state: 'stopped'; readonly message: string };

export class MetasyncClient implements vscode.Disposable {
  private client: LanguageClient | undefined;
  private starting: Promise<void> | undefined;
  private latestSettings: Settings | undefined;
  private readonly statusChanged = new vscode.EventEmitter<ServerStatus>();
  /** Fires at each `metasync/status`, and when the server starts or stops. */
  readonly onStatus = this.statusChanged.event;
  private readonly catalogueChanged = new vscode.EventEmitter<ChangedParams>();
  /** Fires at each `metasync/changed`: what the last sync changed. */
  readonly onChanged = this.catalogueChanged.event;
  private latest: ServerStatus = starting();

  constructor(
    private readonly extensionPath: string,
    private readonly tokens: TokenStore,
    private readonly progress: ProgressRouter,
    private readonly channel: RedactedChannel,
  ) {}

  get status(): ServerStatus { return this.latest; }

  /** Starts the server. Throws with a message for people when it can't be found or started. */
  async start(): Promise<void> {
    this.starting ??= this.startOnce().finally(() => { this.starting = undefined; });
    return this.starting;
  }

  async stop(): Promise<void> {
    await this.starting?.catch(() => undefined);
    const client = this.client;
    this.client = undefined;
    this.progress.clear();
    // A server that does not answer `shutdown` is ended by the client after its time-out.
    await client?.dispose().catch((error: unknown) => this.channel.appendLine(`While stopping the server: ${String(error)}`));
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  /** Runs a command of the server and answers with its JSON; starts the server where it is not running. */
  async request<T>(command: string, ...args: unknown[]): Promise<T> {
    if (this.client === undefined || this.starting !== undefined) await this.start();
    if (this.client === undefined) throw new Error(notRunning());
    return this.client.sendRequest<T>('workspace/executeCommand', { command, arguments: args });
  }

  /** A request of ours beside LSP's; undefined where the server is too old to know it. */
  async ask<T>(method: string, params: object): Promise<T | undefined> {
    if (this.client === undefined || this.starting !== undefined) await this.start();
    if (this.client === undefined) throw new Error(notRunning());
    try {
      return await this.client.sendRequest<T>(method, params);
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === UNKNOWN_METHOD) return undefined;
      throw error;
    }
  }

  /** Name and version, as the server says. */
  get serverInfo(): string {
    const info = this.client?.initializeResult?.serverInfo;
    return info === undefined ? '' : [info.name, info.version].filter(Boolean).join(' ');
  }

  /** Tells a running server what the settings and the token are now. */
  async pushSettings(): Promise<void> {
    if (this.client?.isRunning() !== true) return;
    const settings = await this.settings();
    await this.client.sendNotification('workspace/didChangeConfiguration', { settings: { [SECTION]: settings } });
  }

  dispose(): void {
    void this.stop();
    this.statusChanged.dispose();
    this.catalogueChanged.dispose();
  }

  private async startOnce(): Promise<void> {
    if (this.client !== undefined) return;
    let client: LanguageClient | undefined;
    try {
      const server = findServer(this.extensionPath, serverPath());
      this.channel.appendLine(`Starting ${server.path} (${server.by})`);
      await this.settings();
      this.publish(starting());
      // Loaded now and not before: the library is by far the largest part, and the editor waits for `activate`.
      const { createClient } = await import('./language_client');
      client = createClient({ command: server.path, args: ['lsp'], options: { env: { ...process.env, METASYNC_LOG: logLevel() } } }, this.clientOptions(), () => this.onStopped(client));
      client.onNotification('metasync/status', (status: StatusParams) => this.publish(status));
      client.onNotification('metasync/changed', (changed: ChangedParams) => this.catalogueChanged.fire(changed));
      this.client = client;
      await client.start();
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.client = undefined;
      this.channel.appendLine(message);
      this.publish({ state: 'stopped', message });
      throw error;
    }
  }

  private clientOptions(): LanguageClientOptions {
    return {
      documentSelector: SCHEMES.flatMap((scheme) => LANGUAGES.map((language) => ({ scheme, language }))),
      // Asked again when a server that crashed is started anew: with the settings of that moment.
      initializationOptions: () => this.latestSettings,
      outputChannel: this.channel,
      traceOutputChannel: this.channel,
      revealOutputChannelOn: NEVER,
      // Names and descriptions come from elsewhere: shown as text, never as links that run commands.
      markdown: { isTrusted: false, supportHtml: false },
      initializationFailedHandler: () => false,
      middleware: {
        handleWorkDoneProgress: (token, value, next) => this.progress.handle(token, value, () => next(token, value)),
        workspace: {
          // The client's own notification would lack the token; `pushSettings` tells of every change.
          didChangeConfiguration: async () => undefined,
          // Servers may also ask for settings; VS Code itself does not know the token.
          configuration: async (params, cancelled, next) => {
            const answers = await next(params, cancelled);
            if (!Array.isArray(answers)) return answers;
            const settings = await this.settings();
            return answers.map((answer: unknown, i) => (params.items[i]?.section === SECTION ? settings : answer));
          },
        },
      },
    };
  }

  private async settings(): Promise<Settings> {
    const token = await this.tokens.get();
    this.channel.redact(token);
    this.latestSettings = serverSettings(token);
    return this.latestSettings;
  }

  private onStopped(client: LanguageClient | undefined): void {
    if (client !== this.client) return;
    this.progress.clear();
    this.publish({ state: 'stopped', message: vscode.l10n.t('The server ended. Metadata: Restart Server starts it again.') });
  }

  private publish(status: ServerStatus): void {
    this.latest = status;
    this.statusChanged.fire(status);
  }
}

function starting(): ServerStatus {
  return { state: 'starting', message: vscode.l10n.t('The server is starting.'), organization: null, connections: [], objects: 0, last_sync_at: null };
}

function notRunning(): string {
  return vscode.l10n.t('The metasync server is not running. Metadata: Restart Server starts it.');
}
