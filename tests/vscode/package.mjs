// The .vsix as users get it: the bundle, and the server of this platform beside it.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { required } from './workbench.mjs';

/** Packages the built extension with METASYNC_BIN inside; gives the file, in a folder of its own. */
export function packageExtension() {
  const source = path.resolve(import.meta.dirname, '..', '..', 'vscode-extension');
  const stage = fs.mkdtempSync(path.join(os.tmpdir(), 'metasync-vsix-'));
  for (const name of ['package.json', 'package.nls.json', 'package.mjs', 'README.md', '.vscodeignore', 'dist', 'l10n', 'media']) fs.cpSync(path.join(source, name), path.join(stage, name), { recursive: true });
  const manifest = JSON.parse(fs.readFileSync(path.join(stage, 'package.json'), 'utf8'));
  // Checked and bundled before; here is nothing to do it with.
  delete manifest.scripts['vscode:prepublish'];
  fs.writeFileSync(path.join(stage, 'package.json'), JSON.stringify(manifest, null, 2));
  fs.mkdirSync(path.join(stage, 'server'));
  fs.copyFileSync(required('METASYNC_BIN'), path.join(stage, 'server', 'metasync'));
  fs.chmodSync(path.join(stage, 'server', 'metasync'), 0o755);
  fs.symlinkSync(path.join(source, 'node_modules'), path.join(stage, 'node_modules'));
  const file = path.join(stage, 'metasync.vsix');
  const done = spawnSync(process.execPath, [path.join(stage, 'package.mjs'), '--out', file], { encoding: 'utf8' });
  if (done.status !== 0) throw new Error(`package.mjs: ${done.stdout}${done.stderr}`);
  return file;
}
