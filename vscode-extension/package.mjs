// One .vsix per platform, with the server of that platform inside: node package.mjs [--target linux-x64] [--out FILE]
// The program is server/metasync (or .exe); a package that promises a platform must not carry another one's.
import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

/** What VS Code calls a platform → how a program of it begins. */
const MACHINES = {
  'linux-x64': ['ELF', 0x3e], 'linux-arm64': ['ELF', 0xb7], 'alpine-x64': ['ELF', 0x3e], 'alpine-arm64': ['ELF', 0xb7],
  'darwin-x64': ['Mach-O', 0x01000007], 'darwin-arm64': ['Mach-O', 0x0100000c],
  'win32-x64': ['PE', 0x8664], 'win32-arm64': ['PE', 0xaa64],
};

const { values } = parseArgs({ options: { target: { type: 'string' }, out: { type: 'string' } } });
const target = values.target ?? `${process.platform}-${process.arch}`;
const machine = MACHINES[target];
if (machine === undefined) fail(`no platform is called ${target}; there are: ${Object.keys(MACHINES).join(' ')}`, 2);
const program = join(import.meta.dirname, 'server', target.startsWith('win32') ? 'metasync.exe' : 'metasync');
if (!existsSync(program)) fail(`${program} is missing: put the server for ${target} there (cargo xtask dist does it)`, 1);
const [format, cpu] = kindOf(program);
if (format !== machine[0] || cpu !== machine[1]) fail(`${program} is a program of another platform (${format} ${cpu.toString(16)}), not of ${target}`, 1);

const out = values.out ?? join(import.meta.dirname, `metasync-${target}.vsix`);
const vsce = join(import.meta.dirname, 'node_modules', '@vscode', 'vsce', 'vsce');
const { status } = spawnSync(process.execPath, [
  vsce, 'package', '--target', target, '--no-dependencies', '--allow-missing-repository', '--skip-license', '--out', out,
], { cwd: import.meta.dirname, stdio: 'inherit' });
if (status !== 0) process.exit(status ?? 1);
console.log(`${out}: ${(statSync(out).size / 1e6).toFixed(1)} MB`);

/** Format and CPU in a program's first bytes. */
function kindOf(file) {
  const bytes = Buffer.alloc(4096);
  const open = openSync(file, 'r');
  readSync(open, bytes, 0, bytes.length, 0);
  closeSync(open);
  if (bytes.readUInt32BE(0) === 0x7f454c46) return ['ELF', bytes.readUInt16LE(18)];
  if (bytes.readUInt32LE(0) === 0xfeedfacf) return ['Mach-O', bytes.readUInt32LE(4)];
  if (bytes.toString('latin1', 0, 2) === 'MZ') return ['PE', bytes.readUInt16LE(Math.min(bytes.readUInt32LE(0x3c), bytes.length - 6) + 4)];
  return ['no program', 0];
}

function fail(message, status) {
  console.error(message);
  process.exit(status);
}
