// The bearer token, in VS Code's secret storage and nowhere else.
//
// It is kept per hub: a workspace may name a hub in its settings, and must not be handed the token
// of another hub by that.
import * as vscode from 'vscode';
import { hubUrl } from './settings';

const KEY_PREFIX = 'metasync.token:';

export class TokenStore implements vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  private readonly watch: vscode.Disposable;
  /** Fires when the token was stored or deleted, in this window or another one. */
  readonly onDidChange = this.changed.event;

  constructor(private readonly secrets: vscode.SecretStorage) {
    this.watch = secrets.onDidChange((event) => {
      if (event.key.startsWith(KEY_PREFIX)) this.changed.fire();
    });
  }

  /** The token for the configured hub. In local mode there is none: the server makes its own. */
  async get(): Promise<string | undefined> {
    const key = currentKey();
    return key === undefined ? undefined : this.secrets.get(key);
  }

  async set(token: string): Promise<void> {
    const key = currentKey();
    if (key === undefined) throw new Error(vscode.l10n.t('The setting metasync.hub.url holds no address such as https://metadata.example.com, so there is nothing to sign in to.'));
    await this.secrets.store(key, token);
  }

  async delete(): Promise<void> {
    const key = currentKey();
    if (key !== undefined) await this.secrets.delete(key);
  }

  dispose(): void {
    this.watch.dispose();
    this.changed.dispose();
  }
}

/** What people paste: perhaps with the header's first word, quotes or line breaks around it. */
export function cleanToken(pasted: string): string {
  return pasted.trim().replace(/^authorization:\s*/i, '').replace(/^bearer\s+/i, '').replace(/^["']|["']$/g, '').trim();
}

/** A sentence about what is wrong with a token, or undefined. The hub has the last word. */
export function tokenProblem(pasted: string): string | undefined {
  const token = cleanToken(pasted);
  if (token === '') return vscode.l10n.t('Paste the token that your hub gave you.');
  if (/[\s\u0000-\u001f]/.test(token)) return vscode.l10n.t('A token holds no blanks or line breaks.');
  return undefined;
}

function currentKey(): string | undefined {
  const url = hubUrl();
  if (url === undefined) return undefined;
  try {
    const { origin, protocol, host, username } = new URL(url);
    // Only schemes of the web have an origin; of a WebDAV folder the user's name counts too.
    return KEY_PREFIX + (origin === 'null' ? `${protocol}//${username}@${host}` : origin);
  } catch {
    return undefined;
  }
}
