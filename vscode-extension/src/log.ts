// The output channel, with the token struck out: the trace of messages contains it otherwise.
import type * as vscode from 'vscode';

const STRUCK_OUT = '(token)';
/** Lines that are kept for a report. */
const KEPT_LINES = 200;
/** A line longer than this is a message with somebody's text in it. */
const KEPT_LETTERS = 500;

export class RedactedChannel implements vscode.OutputChannel {
  private secret: string | undefined;
  private readonly lines: string[] = [];

  constructor(private readonly channel: vscode.OutputChannel) {}

  get name(): string { return this.channel.name; }

  /** From now on this text is not written. */
  redact(secret: string | undefined): void {
    if (secret !== undefined && secret !== '') this.secret = secret;
  }

  /** The last lines that were written. */
  recent(): readonly string[] { return this.lines; }

  append(value: string): void { this.channel.append(this.keep(this.clean(value))); }
  appendLine(value: string): void { this.channel.appendLine(this.keep(this.clean(value))); }
  replace(value: string): void { this.channel.replace(this.keep(this.clean(value))); }
  clear(): void { this.channel.clear(); }
  show(first?: vscode.ViewColumn | boolean, preserveFocus?: boolean): void {
    this.channel.show(typeof first === 'boolean' ? first : preserveFocus);
  }
  hide(): void { this.channel.hide(); }
  dispose(): void { this.channel.dispose(); }

  private clean(value: string): string {
    return this.secret === undefined ? value : value.replaceAll(this.secret, STRUCK_OUT);
  }

  private keep(value: string): string {
    for (const line of value.split('\n')) if (line.trim() !== '') this.lines.push(line.slice(0, KEPT_LETTERS));
    if (this.lines.length > KEPT_LINES) this.lines.splice(0, this.lines.length - KEPT_LINES);
    return value;
  }
}
