// A workspace of two folders, one project each: hovers in both, one view for both.
import fs from 'node:fs';
import path from 'node:path';
import { copyExample } from '../workbench.mjs';

export async function severalFolders(bench, hands) {
  const { page } = bench;
  const home = bench.room('several');
  copyExample(path.join(home, 'shop'));
  const other = path.join(home, 'library');
  fs.mkdirSync(path.join(other, 'models'), { recursive: true });
  fs.writeFileSync(path.join(other, 'dbt_project.yml'), 'name: library\nversion: "1.0.0"\nconfig-version: 2\nprofile: library\nmodel-paths: ["models"]\n');
  fs.writeFileSync(path.join(other, 'models', 'books.sql'), "select 1 as book_id, 'Emma' as title\n");
  fs.writeFileSync(path.join(other, 'models', 'loans.sql'), "select book_id from {{ ref('books') }}\n");
  fs.writeFileSync(path.join(other, 'models', 'schema.yml'), 'version: 2\nmodels:\n  - name: books\n    description: Every book that may be lent.\n');
  fs.writeFileSync(path.join(home, 'both.code-workspace'), JSON.stringify({ folders: [{ path: 'shop' }, { path: 'library' }] }));
  await bench.open(path.join(home, 'both.code-workspace'), { files: ['library/models/loans.sql'] });
  await hands.editor().waitFor();
  await hands.status(/objects$/);

  await hands.step('a hover in the second folder knows its project', async () => {
    await hands.hoverOver('books', 'Every book that may be lent');
    await hands.shoot('several-folders');
    await hands.leaveHover();
  });

  await hands.step('and one in the first knows its own', async () => {
    await hands.palette('Metadata: Search');
    await hands.quickInput().locator('.quick-input-box input').last().fill('daily_rev');
    await hands.row('daily_revenue').waitFor();
    await page.keyboard.press('Enter');
    await page.locator('.tab.active', { hasText: 'daily_revenue.sql' }).waitFor();
    await hands.hoverOver('orders', 'One row per order', "ref('orders')");
    await hands.leaveHover();
  });

  await hands.step('search finds the other one as well, and opens its file', async () => {
    await hands.palette('Metadata: Search');
    await hands.quickInput().locator('.quick-input-box input').last().fill('books');
    await hands.row('books').waitFor();
    await page.keyboard.press('Enter');
    await page.locator('.tab.active', { hasText: 'books.sql' }).waitFor();
  });
}
