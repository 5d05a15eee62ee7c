// `Metadata: Report an Issue`: a document that the user reads before anybody else does. Nothing is sent.
import { homedir } from 'node:os';
import { dirname } from 'node:path';
import * as vscode from 'vscode';
import type { MetasyncClient } from '../client';
import type { RedactedChannel } from '../log';
import type { DoctorAnswer, StatusParams } from '../protocol.gen';
import { SECTION, hubUrl, serverPath } from '../settings';
import { type Secret, redact } from './redact';

/** A server that hangs must not keep the report from being written. */
const PATIENCE_MS = 10_000;

interface Facts {
  readonly doctor: DoctorAnswer | string;
  readonly status: StatusParams | string;
}

export async function reportIssue(extension: vscode.Extension<unknown>, client: MetasyncClient, channel: RedactedChannel): Promise<string> {
  const facts: Facts = {
    doctor: await answerOf<DoctorAnswer>(client, 'metasync.doctor'),
    status: await answerOf<StatusParams>(client, 'metasync.status'),
  };
  const text = redact(write(extension, client, channel, facts), secrets(facts.status, extension));
  const document = await vscode.workspace.openTextDocument({ language: 'markdown', content: text });
  await vscode.window.showTextDocument(document);
  const copy = vscode.l10n.t('Copy');
  const message = vscode.l10n.t('Read the report, say at its top what went wrong, and send it to whoever looks after metasync. Folders, hosts, names of the organization and tokens are struck out.');
  void vscode.window.showInformationMessage(message, copy).then(async (chosen) => {
    if (chosen === copy) await vscode.env.clipboard.writeText(document.getText());
  });
  return text;
}

async function answerOf<T>(client: MetasyncClient, command: string): Promise<T | string> {
  const late = new Promise<string>((resolve) => setTimeout(() => resolve('no answer in time'), PATIENCE_MS));
  return Promise.race([client.request<T>(command), late]).catch((error: unknown) => (error instanceof Error ? error.message : String(error)));
}

function write(extension: vscode.Extension<unknown>, client: MetasyncClient, channel: RedactedChannel, { doctor, status }: Facts): string {
  const { version } = extension.packageJSON as { version: string };
  const facts = [
    `metasync for VS Code ${version}, server ${client.serverInfo || 'not running'}`,
    `VS Code ${vscode.version} (${vscode.env.appName}, ${remote()}), ${process.platform} ${process.arch}`,
    `folders: ${vscode.workspace.workspaceFolders?.length ?? 0}, trusted: ${vscode.workspace.isTrusted}`,
  ];
  const checks = typeof doctor === 'string'
    ? [doctor]
    : doctor.checks.map(({ name, ok, message, advice }) => `${ok ? 'ok' : 'NOT OK'} ${name}: ${message}${advice === '' ? '' : ` → ${advice}`}`);
  return [
    `## ${vscode.l10n.t('What happened')}`, '', vscode.l10n.t('(What did you do, what did you expect, what came instead?)'), '',
    '## Versions', '', ...facts.map((fact) => `- ${fact}`), '',
    '## Doctor', '', ...checks.map((check) => `- ${check}`), '',
    '## Status', '', fenced(typeof status === 'string' ? status : JSON.stringify(status, null, 2), 'json'), '',
    '## Settings', '', fenced(JSON.stringify(changedSettings(), null, 2), 'json'), '',
    '## Log', '', fenced(channel.recent().join('\n'), ''), '',
  ].join('\n');
}

/** The kind of remote, such as `ssh-remote`; in a browser it would be a host. */
function remote(): string {
  const name = vscode.env.remoteName;
  return name === undefined ? 'no remote' : /^[a-z-]+$/.test(name) ? name : 'a server';
}

/** Only what differs from the default tells something. */
function changedSettings(): Record<string, unknown> {
  const section = vscode.workspace.getConfiguration(SECTION);
  const changed: Record<string, unknown> = {};
  const names = Object.keys((vscode.extensions.getExtension('metasync.metasync')?.packageJSON as { contributes?: { configuration?: { properties?: object } } } | undefined)?.contributes?.configuration?.properties ?? {});
  for (const name of names) {
    const short = name.slice(SECTION.length + 1);
    const value = section.inspect(short);
    const set = value?.workspaceFolderValue ?? value?.workspaceValue ?? value?.globalValue;
    if (set !== undefined) changed[name] = set;
  }
  return changed;
}

function secrets(status: StatusParams | string, extension: vscode.Extension<unknown>): Secret[] {
  const found: Secret[] = [{ text: homedir(), instead: '~' }, { text: extension.extensionPath, instead: '(extension)' }];
  const own = serverPath();
  if (own !== '') found.push({ text: dirname(own), instead: '(server)' });
  (vscode.workspace.workspaceFolders ?? []).forEach(({ uri, name }, i) => {
    found.push({ text: uri.fsPath, instead: `(folder ${i + 1})` }, { text: name, instead: `(folder ${i + 1})` });
  });
  const hub = hubUrl();
  if (hub !== undefined) found.push({ text: hub, instead: '(hub)' });
  const organization = vscode.workspace.getConfiguration(SECTION).get<string>('hub.organization', '');
  found.push({ text: organization, instead: '(organization)' });
  if (typeof status !== 'string') {
    if (status.organization !== null && status.organization.name !== 'local') found.push({ text: status.organization.name, instead: '(organization)' });
    status.connections.forEach(({ name }, i) => found.push({ text: name, instead: `(connection ${i + 1})` }));
    if (status.hub) found.push({ text: status.hub, instead: '(hub)' });
  }
  return found;
}

function fenced(text: string, language: string): string {
  // A fence longer than any in the text.
  const fence = '`'.repeat(Math.max(3, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length + 1)));
  return `${fence}${language}\n${text}\n${fence}`;
}
