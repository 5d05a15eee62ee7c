// What the server's self-examination found.
import * as vscode from 'vscode';
import type { DoctorAnswer } from '../protocol.gen';

export async function showDoctor({ ok, checks }: DoctorAnswer): Promise<void> {
  await vscode.window.showQuickPick(
    checks.map((check) => {
      const item: vscode.QuickPickItem = {
        label: `$(${check.ok ? 'pass' : 'warning'}) ${check.name}`,
        description: check.message,
      };
      if (!check.ok && check.advice !== '') item.detail = check.advice;
      return item;
    }),
    { title: ok ? vscode.l10n.t('Metadata: Doctor — all is well') : vscode.l10n.t('Metadata: Doctor — something needs attention'), matchOnDescription: true, matchOnDetail: true },
  );
}
