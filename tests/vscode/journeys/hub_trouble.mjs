// Addresses that are no hub: each says what happened and what to do, the state is left with the address.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import path from 'node:path';
import { STEP_TIMEOUT_MS, tidy } from '../hands.mjs';
import { copyExample, until } from '../workbench.mjs';

export async function hubTrouble(bench, hands) {
  const { page } = bench;
  const workspace = bench.room('jaffle_shop');
  copyExample(workspace);
  await bench.open(workspace, { files: ['models/marts/customers.sql'] });
  await hands.editor().waitFor();
  await hands.status(/^Metadata: [\d,]{2,} objects$/);
  const page200 = (_, answer) => { answer.writeHead(200, { 'content-type': 'text/html' }); answer.end('<h1>Sign in</h1>'); };
  const servers = [];
  const listen = async (server) => {
    servers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return `127.0.0.1:${server.address().port}`;
  };
  const tooltip = page.locator('.monaco-hover:visible, .workbench-hover:visible', { hasText: 'Last sync' }).first();
  const tells = async (expected) => {
    let said = '';
    await until(async () => {
      await page.mouse.move(640, 400);
      await hands.statusItem().hover();
      await tooltip.waitFor({ timeout: 3_000 });
      said = tidy(await tooltip.innerText());
      return expected.test(said);
    }, STEP_TIMEOUT_MS, `the tooltip does not say ${expected}`).catch((error) => { throw new Error(`${error.message}: ${said}`); });
    assert.ok(!/\\|&#/.test(said), said);
    return said;
  };
  const use = (url) => {
    fs.mkdirSync(path.join(workspace, '.vscode'), { recursive: true });
    fs.writeFileSync(path.join(workspace, '.vscode', 'settings.json'), JSON.stringify({ 'metasync.hub.url': url }));
  };
  const signIn = async (url) => {
    use(url);
    await hands.status(/sign in$/);
    // by the button of the message that tells it
    await hands.toast(`No token for the hub at ${url}`).getByRole('button', { name: 'Sign In' }).click();
    await hands.answer('Token for', 'abc.def.ghi');
  };
  try {
    await hands.step('a hub that says nothing is being asked; with another address that ends', async () => {
      await signIn(`http://${await listen(net.createServer(() => {}))}`);
      await hands.status(/syncing/);
      use('');
      await hands.status(/^Metadata: [\d,]{2,} objects$/);
    });

    await hands.step('a web page in place of a hub', async () => {
      const address = await listen(http.createServer(page200));
      await signIn(`http://${address}`);
      await hands.status(/error$/);
      console.log(`     ${await tells(/a web page/)}`);
      await hands.shoot('hub-web-page');
    });

    await hands.step('https where http is spoken', async () => {
      const address = await listen(http.createServer(page200));
      await signIn(`https://${address}`);
      await hands.status(/offline$/);
      console.log(`     ${await tells(/does not speak TLS/)}`);
      await hands.shoot('hub-no-tls');
    });

    await hands.step('without a hub all is well again', async () => {
      await page.mouse.move(640, 400);
      use('');
      await hands.status(/^Metadata: [\d,]{2,} objects$/);
    });
  } finally {
    for (const server of servers) server.close();
  }
}
