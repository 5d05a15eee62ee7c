// What the server says by itself (`window/showMessage`), with the button that helps.
import * as vscode from 'vscode';
import type { ServerStatus } from './client';
import { sentence } from './markdown';

/** LSP's kinds of messages; what is less important than a warning is information. */
const ERROR = 1;
const WARNING = 2;

export interface Said { readonly type: number; readonly message: string }

export async function showSaid({ type, message }: Said, status: ServerStatus): Promise<void> {
  const show = type === ERROR ? vscode.window.showErrorMessage : type === WARNING ? vscode.window.showWarningMessage : vscode.window.showInformationMessage;
  const help = type > WARNING ? undefined : helpFor(status);
  const chosen = await show(sentence(message), ...(help === undefined ? [] : [help.title]));
  if (help !== undefined && chosen === help.title) await vscode.commands.executeCommand(help.command);
}

function helpFor({ state }: ServerStatus): { title: string; command: string } {
  switch (state) {
    case 'signed_out': return { title: vscode.l10n.t('Sign In'), command: 'metasync.signIn' };
    case 'offline': case 'error': return { title: vscode.l10n.t('Doctor'), command: 'metasync.doctor' };
    default: return { title: vscode.l10n.t('Show Log'), command: 'metasync.showLog' };
  }
}
