// What may be in a report that others will read: no folder of the user's, no host, no name of the
// organization or its connections, no token. Pure.

/** A text that must not appear, and what stands there instead. */
export interface Secret { readonly text: string; readonly instead: string }

/** Shorter texts would strike out parts of ordinary words. */
const SHORTEST = 3;
/** What looks like a token even if it is none that we know. */
const TOKENS: readonly (readonly [RegExp, string])[] = [
  [/\beyJ[\w-]+\.[\w-]+(\.[\w-]*)?/g, '(secret)'],
  [/\b(bearer|x-admin-pin:)\s+[^\s"']+/gi, '$1 (secret)'],
  [/\b((?:password|passwd|token|secret|api[_-]?key|pin)["']?\s*[=:]\s*["']?)(?!null\b)[^\s"',}]+/gi, '$1(secret)'],
];
/** Hosts and credentials in addresses; those of this machine tell nothing. */
const ADDRESS = /\b([a-z][a-z0-9+.-]*:\/\/)(?!(?:127\.0\.0\.1|localhost|\[::1\])[:/\s"')]|(?:127\.0\.0\.1|localhost)$)[^\s/"'<>)]+/gi;

/** Hosts without the beginning of an address: of git remotes, `host/owner/name` or `user@host:owner/name`. */
const BARE_HOST = /(^|[\s"'(@])(?:[a-z0-9-]+\.)+[a-z]{2,}(?=\/)|(?<=\w@)[a-z0-9.-]+(?=:)/gim;

export function redact(text: string, secrets: readonly Secret[]): string {
  let clean = text;
  // The longest first: a folder in the home folder is told by the workspace's mark.
  for (const { text: secret, instead } of [...secrets].sort((a, b) => b.text.length - a.text.length)) {
    if (secret.length < SHORTEST) continue;
    clean = clean.replaceAll(secret, instead);
    // Paths of Windows come with doubled backslashes in logs.
    if (secret.includes('\\')) clean = clean.replaceAll(secret.replaceAll('\\', '\\\\'), instead);
  }
  for (const [pattern, instead] of TOKENS) clean = clean.replace(pattern, instead);
  return clean.replace(ADDRESS, '$1(host)').replace(BARE_HOST, (_, before: string | undefined) => `${before ?? ''}(host)`);
}
