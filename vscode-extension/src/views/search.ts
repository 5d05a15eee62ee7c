// Search: a list that follows what is typed.
import * as vscode from 'vscode';
import type { MetasyncClient } from '../client';
import type { ObjectAnswer, SearchAnswer } from '../protocol.gen';
import { type ObjectItem, objectItem } from './objects';

const LIMIT = 50;
const DEBOUNCE_MS = 80;

/** Lets the user find an object; undefined when they leave. */
export function pickObject(client: MetasyncClient, title: string, start = ''): Promise<ObjectAnswer | undefined> {
  return new Promise((resolve) => {
    const list = vscode.window.createQuickPick<ObjectItem | vscode.QuickPickItem>();
    list.title = title;
    list.placeholder = vscode.l10n.t('Part of a name, a column, or a word of a description');
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
        // An older answer may come after a newer one.
        if (mine !== asked) return;
        list.items = results.length === 0
          ? [{ label: vscode.l10n.t('Nothing is known about "{0}"', text), alwaysShow: true }]
          : results.map((object) => objectItem(object));
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
