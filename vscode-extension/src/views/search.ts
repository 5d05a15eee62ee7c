// Search: a list that follows what is typed.
import * as vscode from 'vscode';
import type { MetasyncClient } from '../client';
import type { ColumnsAnswer, ObjectAnswer, SearchAnswer } from '../protocol.gen';
import { type ObjectItem, objectItem } from './objects';

const LIMIT = 50;
const DEBOUNCE_MS = 80;
/** Results that are asked for the column by which they were found: more are not seen at once. */
const EXPLAINED = 15;

type Row = ObjectItem | vscode.QuickPickItem;

interface RowButton extends vscode.QuickInputButton { readonly command: string }

/** What a line offers beside being chosen. */
const buttons = (): RowButton[] => [
  { command: 'metasync.objectLineage', iconPath: new vscode.ThemeIcon('type-hierarchy'), tooltip: vscode.l10n.t('Show Lineage') },
  { command: 'metasync.revealObject', iconPath: new vscode.ThemeIcon('list-tree'), tooltip: vscode.l10n.t('Reveal in the Catalogue') },
];

/** Lets the user find an object; undefined when they leave, or do something else with a result. */
export function pickObject(client: MetasyncClient, title: string, start = ''): Promise<ObjectAnswer | undefined> {
  return new Promise((resolve) => {
    const list = vscode.window.createQuickPick<Row>();
    list.title = title;
    list.placeholder = vscode.l10n.t('Part of a name, a column, or a word of a description');
    list.matchOnDescription = true;
    list.matchOnDetail = true;
    list.value = start;
    let timer: NodeJS.Timeout | undefined;
    let asked = 0;
    const ask = async () => {
      const mine = ++asked;
      const text = list.value.trim();
      if (text === '') { list.items = []; list.busy = false; return; }
      list.busy = true;
      try {
        const { results } = await client.request<SearchAnswer>('metasync.search', text, { limit: LIMIT });
        const columns = await Promise.all(results.slice(0, EXPLAINED).map((object) => matchingColumns(client, object, text)));
        // An older answer may come after a newer one.
        if (mine !== asked) return;
        list.items = results.length === 0
          ? [{ label: vscode.l10n.t('Nothing is known about "{0}"', text), alwaysShow: true }]
          : results.map((object, i) => row(object, columns[i] ?? []));
      } catch (error) {
        if (mine !== asked) return;
        list.items = [{ label: `$(error) ${error instanceof Error ? error.message : String(error)}`, alwaysShow: true }];
      } finally {
        if (mine === asked) list.busy = false;
      }
    };
    list.onDidChangeValue(() => {
      clearTimeout(timer);
      timer = setTimeout(() => void ask(), DEBOUNCE_MS);
    });
    list.onDidAccept(() => {
      const chosen = list.selectedItems[0];
      if (chosen === undefined || !('object' in chosen)) return;
      resolve(chosen.object);
      list.hide();
    });
    list.onDidTriggerItemButton(({ button, item }) => {
      if (!('object' in item)) return;
      list.hide();
      void vscode.commands.executeCommand((button as RowButton).command, item);
    });
    list.onDidHide(() => {
      clearTimeout(timer);
      asked++;
      resolve(undefined);
      list.dispose();
    });
    list.show();
    if (start !== '') void ask();
  });
}

function row(object: ObjectAnswer, columns: readonly string[]): ObjectItem {
  const item = objectItem(object);
  item.buttons = buttons();
  if (columns.length > 0) item.description = `${item.description ?? ''} · ${columns.length === 1 ? vscode.l10n.t('column {0}', columns.join()) : vscode.l10n.t('columns {0}', columns.join(', '))}`;
  return item;
}

/** The columns by which an object was found, where neither its name nor its description says why. */
async function matchingColumns(client: MetasyncClient, object: ObjectAnswer, text: string): Promise<string[]> {
  const words = text.toLowerCase().split(/\s+/);
  const says = (shown: string) => words.every((word) => shown.toLowerCase().includes(word));
  if (says(object.name) || says(object.description ?? '')) return [];
  const answer = await client.ask<ColumnsAnswer>('metasync/columns', { id: object.id }).catch(() => undefined);
  return (answer?.columns ?? []).map(({ name }) => name).filter(says);
}
