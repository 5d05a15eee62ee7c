// The settings section `metasync`, as the server wants it (contract.md, "The language server").
import * as vscode from 'vscode';
import type { Settings } from './protocol.gen';

export const SECTION = 'metasync';

/** Settings that take a new server process to come into force. */
const NEED_RESTART = ['server.path', 'server.logLevel'];

/** What is sent to the server; the token comes from the secret storage and never from a setting. */
export function serverSettings(token: string | undefined): Settings {
  const section = vscode.workspace.getConfiguration(SECTION);
  return {
    hub: { url: hubUrl() ?? null, organization: text(section, 'hub.organization') ?? null },
    token: token ?? null,
    autoSync: {
      enabled: section.get<boolean>('autoSync.enabled', true),
      intervalMinutes: section.get<number>('autoSync.intervalMinutes', 5),
    },
    connections: texts(section, 'connections'),
    local: { enabled: section.get<boolean>('local.enabled', true) },
    diagnostics: { enabled: section.get<boolean>('diagnostics.enabled', true), disabled: texts(section, 'diagnostics.disabled') },
    inlayHints: { columnTypes: section.get<boolean>('inlayHints.columnTypes', true), stars: section.get<boolean>('inlayHints.stars', true) },
    codeLens: { lineage: section.get<boolean>('codeLens.lineage', true) },
    content: {
      hover: section.get<boolean>('content.hover', true),
      completion: section.get<boolean>('content.completion', false),
      sources: section.get<boolean>('content.sources', true),
    },
  };
}

/** The hub that is configured; undefined means local mode. */
export function hubUrl(): string | undefined {
  return text(vscode.workspace.getConfiguration(SECTION), 'hub.url');
}

/** Whether the catalogue selects the object of the file that is being edited. */
export function autoReveal(): boolean {
  return vscode.workspace.getConfiguration(SECTION).get<boolean>('catalogue.autoReveal', true);
}

export function serverPath(): string {
  return text(vscode.workspace.getConfiguration(SECTION), 'server.path') ?? '';
}

export function logLevel(): string {
  return text(vscode.workspace.getConfiguration(SECTION), 'server.logLevel') ?? 'info';
}

export function needsRestart(change: vscode.ConfigurationChangeEvent): boolean {
  return NEED_RESTART.some((name) => change.affectsConfiguration(`${SECTION}.${name}`));
}

function texts(section: vscode.WorkspaceConfiguration, name: string): string[] {
  return section.get<unknown[]>(name, []).filter((value): value is string => typeof value === 'string' && value.trim() !== '');
}

function text(section: vscode.WorkspaceConfiguration, name: string): string | undefined {
  const value = section.get<unknown>(name);
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
}
