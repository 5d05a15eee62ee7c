// A page that follows a sync with EventSource, in a real Chromium: browser.mjs HUB PIN RELEASE prints what it heard
// as one JSON document. EventSource can send no header, so the page asks for a ticket first.
import { createRequire } from 'node:module';

const [hub, pin, release] = process.argv.slice(2);
const { chromium } = createRequire(import.meta.url)(process.env.METASYNC_TEST_PLAYWRIGHT);
const browser = await chromium.launch({
  executablePath: process.env.METASYNC_TEST_CHROMIUM,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic'],
});
try {
  const page = await browser.newPage();
  await page.goto(`${hub}/healthz`);
  const heard = await page.evaluate(async ({ pin, release }) => {
    const api = '/api/v1/admin/metadata-sync';
    const post = async (path) => {
      const answer = await fetch(api + path, { method: 'POST', headers: { 'X-Admin-PIN': pin } });
      if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
      return answer.json();
    };
    const follow = (address) =>
      new Promise((done) => {
        const events = [];
        const source = new EventSource(address);
        const note = (name) => (event) => {
          const end = ['complete', 'error', 'timeout'].includes(name);
          events.push([name, event.data === undefined ? null : JSON.parse(event.data)]);
          if (end) {
            source.close();
            done(events);
          }
        };
        for (const name of ['connected', 'log', 'complete', 'error', 'timeout']) source.addEventListener(name, note(name));
      });
    const { job_id: job } = await post(`/trigger/${release}`);
    const { ticket } = await post(`/progress/${job}/ticket`);
    const address = `${api}/progress/${job}?ticket=${ticket}`;
    return { job, first: await follow(address), again: await follow(address) };
  }, { pin, release });
  console.log(JSON.stringify(heard));
} finally {
  await browser.close();
}
