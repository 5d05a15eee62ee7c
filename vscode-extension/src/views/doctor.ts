// What the server's self-examination found. A line is often longer than the list is wide: chosen, it is told in full.
import * as vscode from 'vscode';
import { sentence } from '../markdown';
import type { DoctorAnswer, DoctorCheck } from '../protocol.gen';

interface Line extends vscode.QuickPickItem { readonly check: DoctorCheck }

export async function showDoctor({ ok, checks }: DoctorAnswer): Promise<void> {
  const chosen = await vscode.window.showQuickPick(
    // What needs attention first.
    [...checks].sort((a, b) => Number(a.ok) - Number(b.ok)).map((check): Line => ({
      label: `$(${check.ok ? 'pass' : 'warning'}) ${check.name}`,
      ...(check.ok || check.advice === '' ? { detail: sentence(check.message) } : { description: check.message, detail: `$(arrow-right) ${sentence(check.advice)}` }),
      check,
    })),
    {
      title: ok ? vscode.l10n.t('Metadata: Doctor — all is well') : vscode.l10n.t('Metadata: Doctor — something needs attention'),
      placeHolder: vscode.l10n.t('Choose a line to read all of it'),
      matchOnDescription: true,
      matchOnDetail: true,
    },
  );
  if (chosen !== undefined) await tell(chosen.check);
}

async function tell({ ok, name, message, advice }: DoctorCheck): Promise<void> {
  const text = [sentence(message), sentence(advice)].filter((part) => part !== '').join('\n\n');
  const copy = vscode.l10n.t('Copy');
  const show = ok ? vscode.window.showInformationMessage : vscode.window.showWarningMessage;
  const pressed = await show(vscode.l10n.t('Doctor: {0}', name), { modal: true, detail: text }, copy);
  if (pressed === copy) await vscode.env.clipboard.writeText(`${name}: ${text}`);
}
