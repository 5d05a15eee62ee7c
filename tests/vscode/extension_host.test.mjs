// Runs suite/ inside the extension host of a real VS Code, with the extension from its source folder.
//   node extension_host.test.mjs      (environment: see run.sh)
import fs from 'node:fs';
import path from 'node:path';
import { Workbench, copyExample, required } from './workbench.mjs';

const TIMEOUT_MS = 180_000;

const binary = required('METASYNC_BIN');
if (!fs.existsSync(binary)) throw new Error(`METASYNC_BIN is ${binary}, which does not exist.`);
const extension = path.resolve(import.meta.dirname, '..', '..', 'vscode-extension');
const suite = path.join(import.meta.dirname, 'suite', 'index.cjs');

const bench = await Workbench.start({
  machineSettings: { 'metasync.server.path': binary },
  // Without the driver newer versions of VS Code do not tell the page how the tests ended; older
  // ones know no such option and need none.
  arguments: knowsOptions() ? ['--vscode-option', 'enable-smoke-test-driver=true'] : [],
});
let passed = 0;
let failed = 0;
let exit;
try {
  const workspace = bench.room('jaffle_shop');
  copyExample(workspace);
  exit = await new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`the suite did not end within ${TIMEOUT_MS / 1000} s`)), TIMEOUT_MS);
    const done = (code) => { clearTimeout(timer); resolve(code); };
    const prepare = async () => {
      await bench.page.exposeFunction('codeAutomationLog', (_type, args) => note(args.join(' ')));
      await bench.page.exposeFunction('codeAutomationExit', (code) => done(code));
      await bench.open(workspace, {
        payload: [
          ['extensionDevelopmentPath', bench.remote(extension)],
          ['extensionTestsPath', bench.remote(suite)],
          ['skipWelcome', 'true'],
        ],
      });
    };
    prepare().catch(reject);
  });
} catch (error) {
  console.log(`FAIL ${error.message}`);
  failed += 1;
  if (process.argv[2]) await bench.page.screenshot({ path: path.join(process.argv[2], 'extension-host-failure.png') }).catch(() => {});
} finally {
  await bench.stop();
}
if (exit !== undefined && exit !== 0 && failed === 0) failed = 1;
if (passed === 0 && failed === 0) { console.log('FAIL no test ran'); failed = 1; }
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);

function knowsOptions() {
  const entry = fs.realpathSync(path.join(required('METASYNC_TEST_VSCODE'), 'entry.js'));
  return fs.readFileSync(path.join(path.dirname(entry), 'cli.js'), 'utf8').includes('vscode-option');
}

/** The suite prints `[suite] ok …` and `[suite] FAIL …`; everything else is VS Code's own talk. */
function note(line) {
  const at = line.indexOf('[suite] ');
  if (at < 0) return;
  const text = line.slice(at + '[suite] '.length);
  console.log(`  ${text}`);
  if (text.startsWith('ok ')) passed += 1;
  if (text.startsWith('FAIL ')) failed += 1;
}
