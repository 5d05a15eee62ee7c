// Which server program to start. Knows files and paths, and of VS Code the language only.
import { accessSync, chmodSync, constants, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, isAbsolute, join } from 'node:path';
import { l10n } from 'vscode';

/** Where the program was found, and how. */
export interface FoundServer {
  readonly path: string;
  readonly by: 'setting' | 'bundled' | 'PATH';
}

/** No program can be started; the message says why and what to do. */
export class ServerNotFound extends Error {}

const FILE_NAME = process.platform === 'win32' ? 'metasync.exe' : 'metasync';

/**
 * The setting wins, then the program that came with the extension, then the `PATH`.
 * A setting that leads nowhere is an error and no reason to start another program: whoever set it
 * wants that one.
 */
export function findServer(extensionPath: string, setting: string, searchPath = process.env['PATH'] ?? ''): FoundServer {
  const configured = setting.trim();
  if (configured !== '') {
    const path = configured.startsWith('~/') ? join(homedir(), configured.slice(2)) : configured;
    if (!isAbsolute(path)) {
      throw new ServerNotFound(l10n.t('The setting metasync.server.path is "{0}", which is no full path. Give the full path of the metasync program, or leave it empty.', configured));
    }
    if (!isFile(path)) {
      throw new ServerNotFound(l10n.t('The setting metasync.server.path names {0}, but no program is there. Correct it, or leave it empty to use the server that comes with the extension.', path));
    }
    if (!isProgram(path)) {
      throw new ServerNotFound(l10n.t('The setting metasync.server.path names {0}, but this file may not be executed. Make it executable (chmod +x), or leave the setting empty to use the server that comes with the extension.', path));
    }
    return { path, by: 'setting' };
  }
  const bundled = join(extensionPath, 'server', FILE_NAME);
  if (isFile(bundled)) {
    makeExecutable(bundled);
    if (!isProgram(bundled)) throw new ServerNotFound(l10n.t('The server that comes with the extension, {0}, may not be executed, and its mode cannot be changed. Make it executable (chmod +x), or install the extension again.', bundled));
    return { path: bundled, by: 'bundled' };
  }
  for (const folder of searchPath.split(delimiter)) {
    // An entry that is empty or relative means "where one stands": in a workspace that is somebody else's file.
    if (!isAbsolute(folder)) continue;
    const path = join(folder, FILE_NAME);
    if (isProgram(path)) return { path, by: 'PATH' };
  }
  throw new ServerNotFound(l10n.t('The metasync server was not found: this build of the extension carries none, and none is on the PATH. Install metasync, or name it in the setting metasync.server.path.'));
}

function isFile(path: string): boolean {
  try { return statSync(path).isFile(); } catch { return false; }
}

function isProgram(path: string): boolean {
  if (!isFile(path)) return false;
  try { accessSync(path, constants.X_OK); return true; } catch { return false; }
}

/** Unpacking a .vsix may lose the mode; a folder that can't be written is left to the start to complain about. */
function makeExecutable(path: string): void {
  if (process.platform === 'win32' || isProgram(path)) return;
  try { chmodSync(path, 0o755); } catch { /* see above */ }
}
