// Signing in and out: which hub, and the token for it.
import * as vscode from 'vscode';
import { SECTION, hubUrl } from './settings';
import { type TokenStore, cleanToken, tokenProblem } from './token';

/** Asks for what is missing and keeps it. Whether the hub accepts it, the status tells. */
export async function signIn(tokens: TokenStore): Promise<void> {
  const hub = hubUrl() ?? (await askHub());
  if (hub === undefined) return;
  // At a WebDAV folder it is a password, and taken as it is.
  const isFolder = /^davs?:/i.test(hub);
  const pasted = await vscode.window.showInputBox({
    title: vscode.l10n.t('Metadata: Sign In'),
    prompt: isFolder
      ? vscode.l10n.t("Password for {0}. It is kept in VS Code's secret storage.", hub)
      : vscode.l10n.t("Token for {0}. It is kept in VS Code's secret storage.", hub),
    password: true,
    ignoreFocusOut: true,
    ...(isFolder ? {} : { validateInput: tokenProblem }),
  });
  if (pasted === undefined || pasted === '') return;
  await tokens.set(isFolder ? pasted : cleanToken(pasted));
}

export async function signOut(tokens: TokenStore): Promise<void> {
  const had = (await tokens.get()) !== undefined;
  await tokens.delete();
  void vscode.window.showInformationMessage(had ? vscode.l10n.t('You are signed out; the token is deleted.') : vscode.l10n.t('You were not signed in.'));
}

async function askHub(): Promise<string | undefined> {
  const url = await vscode.window.showInputBox({
    title: vscode.l10n.t('Metadata: Sign In'),
    prompt: vscode.l10n.t('Address of your hub'),
    placeHolder: 'https://metadata.example.com',
    ignoreFocusOut: true,
    validateInput: hubProblem,
  });
  if (url === undefined) return undefined;
  await vscode.workspace.getConfiguration(SECTION).update('hub.url', url.trim(), vscode.ConfigurationTarget.Global);
  return hubUrl();
}

function hubProblem(value: string): string | undefined {
  try {
    const { protocol } = new URL(value.trim());
    return ['https:', 'http:', 'davs:', 'dav:'].includes(protocol) ? undefined : vscode.l10n.t('The address begins with https:// or http://.');
  } catch {
    return vscode.l10n.t('An address such as https://metadata.example.com');
  }
}
