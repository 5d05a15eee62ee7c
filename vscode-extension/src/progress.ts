// The server's `$/progress`: in a notification while the user waits for a sync that they asked for,
// in the status bar otherwise. A sync in the background never opens a notification.
import * as vscode from 'vscode';
import type { WorkDoneProgressBegin, WorkDoneProgressEnd, WorkDoneProgressReport } from 'vscode-languageclient/node';

type Value = WorkDoneProgressBegin | WorkDoneProgressReport | WorkDoneProgressEnd;
type Token = string | number;

/** How far the server is with something. */
export interface Step {
  readonly title: string;
  readonly message: string;
  /** 0 to 100, where the server knows it. */
  readonly percentage: number | undefined;
}

export class ProgressRouter implements vscode.Disposable {
  private readonly running = new Map<Token, Step>();
  private readonly changed = new vscode.EventEmitter<Step | undefined>();
  /** Fires with the latest step, and with undefined when nothing is running any more. */
  readonly onDidChange = this.changed.event;

  /** Middleware for the language client: `next` only at the end, which frees the client's own part. */
  handle(token: Token, value: Value, next: () => void): void {
    if (value.kind === 'end') {
      this.running.delete(token);
      this.changed.fire(this.latest());
      next();
      return;
    }
    const before = this.running.get(token);
    const step: Step = {
      title: value.kind === 'begin' ? value.title : before?.title ?? '',
      message: value.message ?? before?.message ?? '',
      percentage: value.percentage ?? before?.percentage,
    };
    this.running.set(token, step);
    this.changed.fire(step);
  }

  latest(): Step | undefined {
    return [...this.running.values()].at(-1);
  }

  /** Forgets everything, when the server is gone. */
  clear(): void {
    this.running.clear();
    this.changed.fire(undefined);
  }

  /** Runs `work` behind a notification that shows the server's progress and can be cancelled. */
  async notify<T>(title: string, cancel: () => void, work: () => Promise<T>): Promise<T> {
    return vscode.window.withProgress(
      { location: vscode.ProgressLocation.Notification, title, cancellable: true },
      async (notification, cancelled) => {
        let shown = 0;
        const show = (step: Step | undefined) => {
          if (step === undefined) return;
          const increment = Math.max(0, Math.min(100, step.percentage ?? 0) - shown);
          shown += increment;
          const percent = step.percentage === undefined ? '' : `${Math.floor(step.percentage)} %`;
          const message = [percent, step.message].filter((part) => part !== '').join(' · ');
          notification.report({ increment, message });
        };
        const subscriptions = [this.onDidChange(show), cancelled.onCancellationRequested(cancel)];
        show(this.latest());
        try {
          return await work();
        } finally {
          for (const subscription of subscriptions) subscription.dispose();
        }
      },
    );
  }

  dispose(): void { this.changed.dispose(); }
}
