// Numbers and times as people read them. Pure.

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export function count(n: number, one: string, many = `${one}s`): string {
  return `${n.toLocaleString('en-US')} ${n === 1 ? one : many}`;
}

export function duration(milliseconds: number): string {
  if (milliseconds < 1_000) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < MINUTE * 1_000) return `${(milliseconds / 1_000).toFixed(1)} s`;
  return `${Math.floor(milliseconds / 60_000)} min ${Math.round((milliseconds % 60_000) / 1_000)} s`;
}

/** How long ago an RFC 3339 time was; what can't be read is shown as it came. */
export function ago(time: string | null | undefined, now = Date.now()): string {
  if (time === null || time === undefined || time === '') return 'never';
  const at = Date.parse(time);
  if (Number.isNaN(at)) return time;
  const seconds = Math.max(0, (now - at) / 1_000);
  if (seconds < 10) return 'just now';
  if (seconds < MINUTE) return `${Math.floor(seconds)} seconds ago`;
  if (seconds < HOUR) return `${count(Math.floor(seconds / MINUTE), 'minute')} ago`;
  if (seconds < DAY) return `${count(Math.floor(seconds / HOUR), 'hour')} ago`;
  return `${count(Math.floor(seconds / DAY), 'day')} ago`;
}

/** The first paragraph of a description on one line. */
export function firstLine(text: string | null | undefined): string {
  return (text ?? '').trim().split(/\n\s*\n/)[0]?.replace(/\s+/g, ' ') ?? '';
}

/** A state of the server or of a sync in words. */
export function stateWords(state: string): string {
  switch (state) {
    case 'starting': return 'starting';
    case 'local': return 'up to date (local)';
    case 'syncing': return 'syncing';
    case 'up_to_date': return 'up to date';
    case 'offline': return 'offline';
    case 'signed_out': return 'signed out';
    case 'cancelled': return 'cancelled';
    case 'error': return 'error';
    case 'stopped': return 'not running';
    default: return state;
  }
}
