// A member of a team: signs in to a real hub, stays signed in, works on while the hub is away, signs out.
import assert from 'node:assert/strict';
import { STEP_TIMEOUT_MS } from '../hands.mjs';
import { Hub } from '../hub.mjs';
import { until } from '../workbench.mjs';

/** contract.md: a hub that went is told within 30 s, its return within a minute; and some air. */
const AWAY_TIMEOUT_MS = 45_000;
const BACK_TIMEOUT_MS = 75_000;

export async function hubMode(bench, hands) {
  const { page } = bench;
  const hub = new Hub(bench.room('hub'));
  const workspace = bench.room('clone');
  hub.cloneTo(workspace);
  await hub.start();
  try {
    await bench.open(workspace, { files: ['models/marts/customers.sql'] });
    await hands.editor().waitFor();
    await hands.status(/objects$/);
    const token = hub.token('alice');

    await hands.step('signing in asks for the hub and the token', async () => {
      await hands.palette('Metadata: Sign In');
      await hands.answer('Address of your hub', hub.url);
      await hands.answer(`Token for ${hub.url}`, token);
      await hands.status(/^Metadata: [\d,]{2,} objects$/);
      await details(hands, 'Organization', 'acme');
      await hands.shoot('hub-signed-in');
      await page.keyboard.press('Escape');
    });

    await hands.step('hovers come from the hub', async () => {
      await hands.hoverOver('stg_customers', 'One row per customer with a loyalty card');
      await hands.shoot('hub-hover');
      await hands.leaveHover();
    });

    await hands.step('the token is in no setting and in no log', async () => {
      assert.deepEqual(bench.filesWith(token), []);
    });

    await hands.step('after a reload one is still signed in', async () => {
      await page.reload({ waitUntil: 'domcontentloaded' });
      await hands.editor().waitFor();
      await hands.status(/^Metadata: [\d,]{2,} objects$/);
      await details(hands, 'Organization', 'acme');
      await page.keyboard.press('Escape');
    });

    await hands.step('without the hub the status says so, and hovers go on', async () => {
      await hub.stop();
      await hands.status(/offline$/, AWAY_TIMEOUT_MS);
      await hands.hoverOver('stg_customers', 'One row per customer with a loyalty card');
      await hands.shoot('hub-offline');
      await hands.leaveHover();
      await hands.theme('vs-dark');
      await hands.hoverOver('stg_customers', 'One row per customer with a loyalty card');
      await hands.shoot('hub-offline-dark');
      await hands.leaveHover();
      await hands.theme('vs');
    });

    await hands.step('when the hub is back the status says so', async () => {
      await hub.start();
      await hands.status(/objects$/, BACK_TIMEOUT_MS);
    });

    await hands.step('signing out is seen at once', async () => {
      await hands.palette('Metadata: Sign Out');
      await hands.status(/sign in$/);
      await hands.shoot('hub-signed-out');
    });
  } finally {
    await hub.stop();
  }
}

/** Opens the details until they hold a line: they show the moment in which they were opened. */
async function details(hands, label, value) {
  const line = hands.rows().filter({ hasText: label }).filter({ hasText: value }).first();
  await until(async () => {
    await hands.page.keyboard.press('Escape');
    await hands.statusItem().click();
    await line.waitFor({ timeout: 3_000 });
    return true;
  }, STEP_TIMEOUT_MS, `the details do not say ${label} ${value}`);
}
