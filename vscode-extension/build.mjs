// Bundles the extension into dist/main.js: one file, so that no node_modules has to be packaged.
// `--production` minifies and leaves the source map out.
import { build } from 'esbuild';
import { copyFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const production = process.argv.includes('--production');
await build({
  entryPoints: ['src/main.ts'],
  outfile: 'dist/main.js',
  bundle: true,
  external: ['vscode'],
  format: 'cjs',
  platform: 'node',
  target: 'node20',
  minify: production,
  sourcemap: !production,
  logLevel: 'warning',
});

// The licence travels with the package; it stands at the repository's root only.
const root = join(import.meta.dirname, '..');
for (const name of readdirSync(root).filter((name) => name.startsWith('LICENSE'))) {
  copyFileSync(join(root, name), join(import.meta.dirname, name));
}
