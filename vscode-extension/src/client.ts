// The language client: starts the server, hands it the settings, carries its commands and its status.
import * as vscode from 'vscode';
import type { LanguageClient, LanguageClientOptions, RevealOutputChannelOn } from 'vscode-languageclient/node';
import type { RedactedChannel } from './log';
import type { ProgressRouter } from './progress';
import type { ChangedParams, Settings, StatusParams } from './protocol.gen';
import { type Said, showSaid } from './said';
import { findServer } from './server_path';
import { SECTION, logLevel, serverPath, serverSettings } from './settings';
import type { TokenStore } from './token';

/** JSON-RPC's "method not found". */
const UNKNOWN_METHOD = -32601;

/** What the library answers where the server went before it did: "pending response rejected", "connection inactive". */
const GONE = [-32097, -32096];
/** How long a question waits for a server that is being started again, and how often it looks. Milliseconds. */
const RETURN_MS = 10_000;
const LOOK_MS = 100;

/** Languages that the server answers for; the schemes are those of files that it can read itself. */
const LANGUAGES = ['sql', 'jinja-sql', 'yaml', 'jinja-yaml', 'python'];
const SCHEMES = ['file', 'vscode-remote'];

/** Whether the server answers for a document. */
export function isOurs({ languageId, uri }: vscode.TextDocument): boolean {
  return LANGUAGES.includes(languageId) && SCHEMES.includes(uri.scheme);
}

/** `RevealOutputChannelOn.Never`, without loading the library for it. */
const NEVER: RevealOutputChannelOn.Never = 4;

/** The server's status, or why there is no server. */
export type ServerStatus = StatusParams | { readonly state: 'stopped'; readonly message: string; /** There is nothing to do without a folder. */ readonly idle?: boolean };

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
    if (this.client === undefined) throw new Error(this.whyNot());
    return this.send<T>('workspace/executeCommand', { command, arguments: args });
  }

  /** A request of ours beside LSP's; undefined where the server is too old to know it. */
  async ask<T>(method: string, params: object): Promise<T | undefined> {
    if (this.client === undefined || this.starting !== undefined) await this.start();
    if (this.client === undefined) throw new Error(this.whyNot());
    try {
      return await this.send<T>(method, params);
    } catch (error) {
      if (codeOf(error) === UNKNOWN_METHOD) return undefined;
      throw error;
    }
  }

  /** Asks once more where the server ended before it answered, and is started again. */
  private async send<T>(method: string, params: object): Promise<T> {
    try {
      return await this.client?.sendRequest<T>(method, params) as T;
    } catch (error) {
      if (!GONE.includes(codeOf(error) ?? 0)) throw error;
    }
    for (let waited = 0; waited < RETURN_MS && this.client !== undefined && !this.client.isRunning(); waited += LOOK_MS) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
    if (this.client?.isRunning() !== true) throw new Error(notRunning());
    return this.client.sendRequest<T>(method, params);
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
    if ((vscode.workspace.workspaceFolders ?? []).length === 0) {
      this.publish({ state: 'stopped', idle: true, message: noFolder() });
      return;
    }
    let client: LanguageClient | undefined;
    try {
      const server = findServer(this.extensionPath, serverPath());
      this.channel.appendLine(`Starting ${server.path} (${server.by})`);
      await this.settings();
      this.publish(starting());
      // Loaded now and not before: the library is by far the largest part, and the editor waits for `activate`.
      const { createClient } = await import('./language_client');
      client = createClient({ command: server.path, args: ['lsp'], options: { env: { ...process.env, METASYNC_LOG: logLevel() } } }, this.clientOptions(), {
        stopped: () => this.onStopped(client),
        ended: (times, again) => { if (client === this.client) this.onEnded(times, again); },
      });
      client.onNotification('metasync/status', (status: StatusParams) => this.publish(status));
      client.onNotification('window/showMessage', (said: Said) => void showSaid(said, this.latest));
      client.onNotification('metasync/changed', (changed: ChangedParams) => this.catalogueChanged.fire(changed));
      this.client = client;
      await client.start();
      this.channel.appendLine(`Started ${this.serverInfo}`);
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

  private whyNot(): string {
    return this.latest.state === 'stopped' && this.latest.idle === true ? this.latest.message : notRunning();
  }

  /** It ended by itself. Once may happen and is mended at once; again and again is told, with its last words. */
  private onEnded(times: number, again: boolean): void {
    this.channel.appendLine(`The server ended by itself (${times}).${again ? ' It is started again.' : ''}`);
    if (again) return;
    // A command of the user's starts it anew.
    this.client = undefined;
    this.progress.clear();
    this.publish({ state: 'stopped', message: ended() });
    const [restart, log, report] = [vscode.l10n.t('Restart Server'), vscode.l10n.t('Show Log'), vscode.l10n.t('Report an Issue')];
    const message = vscode.l10n.t('The metasync server ended {0} times within minutes and is not started again by itself. Its last words are in the log.', times);
    void vscode.window.showErrorMessage(message, restart, log, report).then((chosen) => {
      if (chosen === restart) void vscode.commands.executeCommand('metasync.restartServer');
      if (chosen === log) void vscode.commands.executeCommand('metasync.showLog');
      if (chosen === report) void vscode.commands.executeCommand('metasync.reportIssue');
    });
  }

  private onStopped(client: LanguageClient | undefined): void {
    if (client !== this.client) return;
    this.progress.clear();
    this.publish({ state: 'stopped', message: ended() });
  }

  private publish(status: ServerStatus): void {
    this.latest = status;
    this.statusChanged.fire(status);
  }
}

function starting(): ServerStatus {
  return { state: 'starting', message: vscode.l10n.t('The server is starting.'), organization: null, connections: [], objects: 0, last_sync_at: null };
}

function noFolder(): string {
  return vscode.l10n.t('Open the folder of your SQL or dbt project: then its metadata is known here.');
}

function ended(): string {
  return vscode.l10n.t('The server ended. Metadata: Restart Server starts it again.');
}

function codeOf(error: unknown): number | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'number' ? error.code : undefined;
}

function notRunning(): string {
  return vscode.l10n.t('The metasync server is not running. Metadata: Restart Server starts it.');
}
