// Numbers and times as people read them, in their language.
import { env, l10n } from 'vscode';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export function number(n: number): string { return n.toLocaleString(env.language); }

export function count(n: number, one: string, many = `${one}s`): string {
  return `${number(n)} ${n === 1 ? one : many}`;
}

export function objects(n: number): string { return count(n, l10n.t('object'), l10n.t('objects')); }

export function duration(milliseconds: number): string {
  if (milliseconds < 1_000) return l10n.t('{0} ms', Math.round(milliseconds));
  if (milliseconds < MINUTE * 1_000) return l10n.t('{0} s', (milliseconds / 1_000).toFixed(1));
  return l10n.t('{0} min {1} s', Math.floor(milliseconds / 60_000), Math.round((milliseconds % 60_000) / 1_000));
}

/** How long ago an RFC 3339 time was; what can't be read is shown as it came. */
export function ago(time: string | null | undefined, now = Date.now()): string {
  if (time === null || time === undefined || time === '') return l10n.t('never');
  const at = Date.parse(time);
  if (Number.isNaN(at)) return time;
  const seconds = Math.max(0, (now - at) / 1_000);
  if (seconds < 10) return l10n.t('just now');
  if (seconds < MINUTE) return l10n.t('{0} seconds ago', Math.floor(seconds));
  if (seconds < HOUR) return minutes(Math.floor(seconds / MINUTE));
  if (seconds < DAY) return hours(Math.floor(seconds / HOUR));
  return days(Math.floor(seconds / DAY));
}

/** The time of the day; with the day where that is another one. */
export function clock(time: string, now = new Date()): string {
  const at = new Date(time);
  if (Number.isNaN(at.getTime())) return time;
  const isToday = at.toDateString() === now.toDateString();
  return at.toLocaleString(undefined, isToday ? { timeStyle: 'short' } : { dateStyle: 'medium', timeStyle: 'short' });
}

/** The first paragraph of a description on one line. */
export function firstLine(text: string | null | undefined): string {
  return (text ?? '').trim().split(/\n\s*\n/)[0]?.replace(/\s+/g, ' ') ?? '';
}

/** A state of the server or of a sync in words. */
export function stateWords(state: string): string {
  switch (state) {
    case 'starting': return l10n.t('starting');
    case 'local': return l10n.t('up to date (local)');
    case 'syncing': return l10n.t('syncing');
    case 'up_to_date': return l10n.t('up to date');
    case 'offline': return l10n.t('offline');
    case 'signed_out': return l10n.t('signed out');
    case 'cancelled': return l10n.t('cancelled');
    case 'error': return l10n.t('error');
    case 'stopped': return l10n.t('not running');
    default: return state;
  }
}

/** The same of a status, which knows whether there is anything to do at all. */
export function statusWords({ state, idle }: { readonly state: string; readonly idle?: boolean }): string {
  return idle === true ? l10n.t('no folder') : stateWords(state);
}

const minutes = (n: number) => (n === 1 ? l10n.t('1 minute ago') : l10n.t('{0} minutes ago', n));
const hours = (n: number) => (n === 1 ? l10n.t('1 hour ago') : l10n.t('{0} hours ago', n));
const days = (n: number) => (n === 1 ? l10n.t('1 day ago') : l10n.t('{0} days ago', number(n)));
