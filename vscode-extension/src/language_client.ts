// The only module that loads the library of the protocol; imported when the server is started.
import {
  CloseAction, ErrorAction, type DynamicFeature, type Executable, ExecuteCommandRequest, LanguageClient, type LanguageClientOptions, State, type StaticFeature,
} from 'vscode-languageclient/node';
import { SECTION } from './settings';

/** A server that ends so often within this time is not started again. */
const MOST_ENDS = 5;
const ENDS_WITHIN_MS = 180_000;
/** Broken messages in a row after which a connection is given up. */
const MOST_ERRORS = 3;

/** What a client tells of its server. */
export interface Watcher {
  /** It is gone, for a moment or for good. */
  stopped(): void;
  /** It ended by itself, so often, and is started again or not. */
  ended(times: number, again: boolean): void;
}

/** A client that is not started yet. */
export function createClient(server: Executable, options: LanguageClientOptions, { stopped, ended }: Watcher): LanguageClient {
  const ends: number[] = [];
  const closed = () => {
    const now = Date.now();
    ends.push(now);
    while (ends.length > 0 && (ends[0] ?? now) < now - ENDS_WITHIN_MS) ends.shift();
    const again = ends.length < MOST_ENDS;
    ended(ends.length, again);
    // The library's own message would come on top of ours.
    return { action: again ? CloseAction.Restart : CloseAction.DoNotRestart, handled: true };
  };
  const error = (_error: Error, _message: unknown, times: number | undefined) => ({ action: (times ?? 0) <= MOST_ERRORS ? ErrorAction.Continue : ErrorAction.Shutdown, handled: true });
  const client = new QuietClient(SECTION, 'metasync', server, { ...options, errorHandler: { closed, error } });
  client.onDidChangeState(({ newState }) => { if (newState === State.Stopped) stopped(); });
  return client;
}

/**
 * A client that does not turn the server's commands into commands of the editor: the extension
 * registers them itself, with their notifications and lists around them, and an id can be taken once.
 */
class QuietClient extends LanguageClient {
  override registerFeature(feature: StaticFeature | DynamicFeature<unknown>): void {
    if ('registrationType' in feature && feature.registrationType.method === ExecuteCommandRequest.method) return;
    super.registerFeature(feature);
  }
}
