// Bundles each *.test.ts beside it and runs them with Node's own test runner. What needs a real
// VS Code is tested in one (tests/vscode); here `vscode` is a few lines that only carry events.
import { build } from 'esbuild';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const here = import.meta.dirname;
const out = mkdtempSync(join(tmpdir(), 'metasync-extension-'));
try {
  const names = readdirSync(here).filter((name) => name.endsWith('.test.ts'));
  await build({
    entryPoints: names.map((name) => join(here, name)),
    outdir: out,
    outExtension: { '.js': '.cjs' },
    bundle: true,
    platform: 'node',
    format: 'cjs',
    alias: { vscode: join(here, 'vscode.ts') },
    logLevel: 'error',
  });
  const files = names.map((name) => join(out, name.replace(/\.ts$/, '.cjs')));
  const { status } = spawnSync(process.execPath, ['--test', '--test-reporter=spec', ...files], { stdio: 'inherit' });
  process.exitCode = status ?? 1;
} finally {
  rmSync(out, { recursive: true, force: true });
}
