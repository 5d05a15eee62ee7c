// The output channel, with the token struck out: the trace of messages contains it otherwise.
import type * as vscode from 'vscode';

const STRUCK_OUT = '(token)';

export class RedactedChannel implements vscode.OutputChannel {
  private secret: string | undefined;

  constructor(private readonly channel: vscode.OutputChannel) {}

  get name(): string { return this.channel.name; }

  /** From now on this text is not written. */
  redact(secret: string | undefined): void {
    if (secret !== undefined && secret !== '') this.secret = secret;
  }

  append(value: string): void { this.channel.append(this.clean(value)); }
  appendLine(value: string): void { this.channel.appendLine(this.clean(value)); }
  replace(value: string): void { this.channel.replace(this.clean(value)); }
  clear(): void { this.channel.clear(); }
  show(first?: vscode.ViewColumn | boolean, preserveFocus?: boolean): void {
    this.channel.show(typeof first === 'boolean' ? first : preserveFocus);
  }
  hide(): void { this.channel.hide(); }
  dispose(): void { this.channel.dispose(); }

  private clean(value: string): string {
    return this.secret === undefined ? value : value.replaceAll(this.secret, STRUCK_OUT);
  }
}
