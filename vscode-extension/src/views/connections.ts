// Which of the organization's connections this workspace uses.
import * as vscode from 'vscode';
import type { ConnectionChoice, ConnectionsAnswer } from '../protocol.gen';

/** The ids that the user chose; undefined when they leave. */
export async function pickConnections({ connections }: ConnectionsAnswer): Promise<string[] | undefined> {
  if (connections.length === 0) {
    void vscode.window.showInformationMessage('The organization has no connections. Its owners and maintainers add them on the hub.');
    return undefined;
  }
  const chosen = await vscode.window.showQuickPick(connections.map(item), {
    title: 'Metadata: Select Connections',
    placeHolder: 'Those to sync into this workspace',
    canPickMany: true,
    matchOnDescription: true,
  });
  return chosen?.map(({ id }) => id);
}

function item(connection: ConnectionChoice): vscode.QuickPickItem & { id: string } {
  const match = connection.match === 'exact' ? 'this repository' : connection.match === 'suggested' ? 'suggested' : '';
  return {
    id: connection.id,
    label: connection.name,
    description: [connection.full_name, match, connection.status].filter((part) => part !== '').join(' · '),
    picked: connection.selected,
  };
}
