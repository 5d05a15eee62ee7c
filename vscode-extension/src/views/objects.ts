// How an object looks as a line of a list.
import type * as vscode from 'vscode';
import { firstLine } from '../format';
import type { ObjectAnswer } from '../protocol.gen';

export interface ObjectItem extends vscode.QuickPickItem {
  readonly object: ObjectAnswer;
}

export function objectItem(object: ObjectAnswer, indent = ''): ObjectItem {
  const where = [object.object_type, object.connection].filter((part) => part).join(' · ');
  const item: ObjectItem = { label: `${indent}$(${objectIcon(object.object_type)}) ${object.name}`, description: where, object, alwaysShow: true };
  const about = firstLine(object.description);
  if (about !== '') item.detail = `${indent}${about}`;
  return item;
}

export function objectIcon(objectType: string): string {
  switch (objectType) {
    case 'model': return 'symbol-class';
    case 'source': return 'database';
    case 'seed': return 'table';
    case 'snapshot': return 'history';
    case 'macro': return 'symbol-function';
    case 'test': return 'beaker';
    case 'exposure': return 'dashboard';
    case 'view': return 'eye';
    case 'table': return 'table';
    default: return 'symbol-misc';
  }
}
