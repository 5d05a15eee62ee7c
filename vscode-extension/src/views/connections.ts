// Which of the organization's connections this workspace uses.
import * as vscode from 'vscode';
import type { ConnectionChoice, ConnectionsAnswer } from '../protocol.gen';

/** The ids that the user chose; undefined when they leave. */
export async function pickConnections({ connections }: ConnectionsAnswer): Promise<string[] | undefined> {
  if (connections.length === 0) {
    void vscode.window.showInformationMessage(vscode.l10n.t('The organization has no connections. Its owners and maintainers add them on the hub.'));
    return undefined;
  }
  const chosen = await vscode.window.showQuickPick(connections.map(item), {
    title: vscode.l10n.t('Metadata: Select Connections'),
    placeHolder: vscode.l10n.t('Those to sync into this workspace'),
    canPickMany: true,
    matchOnDescription: true,
  });
  return chosen?.map(({ id }) => id);
}

function item(connection: ConnectionChoice): vscode.QuickPickItem & { id: string } {
  const match = connection.match === 'exact' ? vscode.l10n.t('this repository') : connection.match === 'suggested' ? vscode.l10n.t('suggested') : '';
  const name = connection.full_name === connection.name ? '' : connection.full_name;
  return {
    id: connection.id,
    label: `$(plug) ${connection.name}`,
    description: [name, match, statusWords(connection.status)].filter((part) => part !== '').join(' · '),
    picked: connection.selected,
  };
}

/** What the hub says of a connection's last index; that all is well needs no words. */
function statusWords(status: string): string {
  switch (status) {
    case 'completed': return '';
    case 'pending': return vscode.l10n.t('not indexed yet');
    case 'running': return vscode.l10n.t('being indexed');
    case 'failed': return vscode.l10n.t('the last index failed');
    default: return status;
  }
}
