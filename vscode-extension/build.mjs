// Bundles the extension into dist/main.js, the protocol's library, which is loaded later, into
// dist/language_client.js, and the lineage page into dist/lineage.js and .css: no node_modules has
// to be packaged. `--production` minifies and leaves the source maps out.
import { build } from 'esbuild';
import { copyFileSync, existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const production = process.argv.includes('--production');
const here = import.meta.dirname;
rmSync(join(here, 'dist'), { recursive: true, force: true });

const both = { bundle: true, minify: production, sourcemap: !production, logLevel: 'warning', metafile: true, absWorkingDir: here };
const made = await Promise.all([
  build({
    ...both, entryPoints: ['src/main.ts', 'src/language_client.ts'], outdir: 'dist',
    external: ['vscode', './language_client'], format: 'cjs', platform: 'node', target: 'node20',
    // `require` at that moment: extension hosts know it in all versions.
    supported: { 'dynamic-import': false },
  }),
  // The Chromium of the oldest VS Code that is supported.
  build({ ...both, entryPoints: { lineage: 'webview/main.ts' }, outdir: 'dist', format: 'iife', platform: 'browser', target: 'chrome122' }),
]);

// Our licence and the changelog travel with the package; they stand at the repository's root only. So do the licences of
// the libraries that are inside the bundles.
const root = join(here, '..');
for (const name of readdirSync(root).filter((name) => name.startsWith('LICENSE'))) copyFileSync(join(root, name), join(here, name));
// A link to another document of the project leads nowhere in the package, and vsce refuses it.
const changes = readFileSync(join(root, 'CHANGELOG.md'), 'utf8').replaceAll(/\[([^\]]+)\]\((?!https?:)[^)]*\)/g, '$1');
writeFileSync(join(here, 'CHANGELOG.md'), changes);
writeFileSync(join(here, 'dist', 'THIRD-PARTY.txt'), notices(made.flatMap(({ metafile }) => Object.keys(metafile.inputs))));

function notices(inputs) {
  const packages = new Set(inputs.map((file) => /.*node_modules\/(@[^/]+\/[^/]+|[^/]+)/.exec(file)?.[0]).filter(Boolean));
  return [...packages].sort().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(here, folder, 'package.json'), 'utf8'));
    const file = readdirSync(join(here, folder)).find((entry) => /^licen[cs]e/i.test(entry));
    const text = file !== undefined && existsSync(join(here, folder, file)) ? readFileSync(join(here, folder, file), 'utf8').trim() : `Licence: ${license}`;
    return `${name} ${version}\n\n${text}\n`;
  }).join(`\n${'-'.repeat(72)}\n\n`);
}
