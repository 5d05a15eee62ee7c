// The only module that loads the library of the protocol; imported when the server is started.
import {
  type DynamicFeature, type Executable, ExecuteCommandRequest, LanguageClient, type LanguageClientOptions, State, type StaticFeature,
} from 'vscode-languageclient/node';
import { SECTION } from './settings';

/** A client that is not started yet; `stopped` is called whenever its server is gone. */
export function createClient(server: Executable, options: LanguageClientOptions, stopped: () => void): LanguageClient {
  const client = new QuietClient(SECTION, 'metasync', server, options);
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
