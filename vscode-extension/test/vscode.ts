// Stands in for the module `vscode`: events, secrets and settings in memory.

export class EventEmitter<T> {
  private readonly listeners = new Set<(value: T) => void>();
  readonly event = (listener: (value: T) => void) => {
    this.listeners.add(listener);
    return { dispose: () => this.listeners.delete(listener) };
  };
  fire(value: T): void { for (const listener of this.listeners) listener(value); }
  dispose(): void { this.listeners.clear(); }
}

/** Settings by their full name, for the tests to fill. */
export const settings = new Map<string, unknown>();

export const workspace = {
  getConfiguration: (section: string) => ({
    get: (name: string, otherwise?: unknown) => settings.get(`${section}.${name}`) ?? otherwise,
  }),
};

/** As `context.secrets`. */
export class Secrets {
  readonly kept = new Map<string, string>();
  private readonly changed = new EventEmitter<{ key: string }>();
  readonly onDidChange = this.changed.event;
  async get(key: string) { return this.kept.get(key); }
  async store(key: string, value: string) { this.kept.set(key, value); this.changed.fire({ key }); }
  async delete(key: string) { this.kept.delete(key); this.changed.fire({ key }); }
}

export const ProgressLocation = { SourceControl: 1, Window: 10, Notification: 15 };

/** What notifications were told, and the switch that cancels the latest. */
export const notifications = { reports: [] as { increment?: number; message?: string }[], cancel: new EventEmitter<void>() };

/** What was said in the status bar. */
export const statusMessages: string[] = [];

export const window = {
  setStatusBarMessage: (text: string) => { statusMessages.push(text); return { dispose: () => undefined }; },
  withProgress: <T>(_options: unknown, task: (progress: unknown, cancelled: unknown) => Promise<T>) =>
    task({ report: (step: { increment?: number; message?: string }) => notifications.reports.push(step) }, { onCancellationRequested: notifications.cancel.event }),
};

/** Texts in English, with what belongs into them. */
export const l10n = {
  t: (text: string, ...values: unknown[]) => text.replace(/\{(\d+)\}/g, (whole, i: string) => (Number(i) < values.length ? String(values[Number(i)]) : whole)),
};

export const env = { language: 'en' };
