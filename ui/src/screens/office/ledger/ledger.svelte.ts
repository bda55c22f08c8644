import { backend } from '../../../ipc/backend';
import type { Answer, AuditView, DeskError, LedgerView } from '../../../ipc/backend';

/** The ledger as the screen shows it, kept up to date while an audit runs. */
export class Ledger {
  view = $state.raw<LedgerView | null>(null);
  refused = $state.raw<DeskError | null>(null);
  #stop: (() => void) | null = null;
  #closed = false;
  /** Counts what was heard of audits: an audit may end before the answer that says that it has begun. */
  #heard = 0;

  /** Asks for everything and listens to the audit from then on. */
  async open(): Promise<void> {
    const stop = await backend.onAuditChanged((audit) => this.#hear(audit));
    if (this.#closed) {
      stop();
      return;
    }
    this.#stop = stop;
    await this.load();
  }

  /** Stops listening. */
  close(): void {
    this.#closed = true;
    this.#stop?.();
  }

  async load(): Promise<void> {
    this.take(await backend.ledger());
  }

  /** Takes over an answer of Rust; whether it was one. */
  take(answer: Answer<LedgerView>): boolean {
    this.refused = answer.status === 'error' ? answer.error : null;
    if (answer.status === 'ok') this.view = answer.data;
    return answer.status === 'ok';
  }

  /** Audits every record, from the first to the last. */
  async audit(): Promise<void> {
    const heard = this.#heard;
    const answer = await backend.auditNow();
    if (answer.status === 'error') this.refused = answer.error;
    else if (heard === this.#heard) this.#hear(answer.data);
  }

  /** What an audit says changes nothing else on the page until it ends. */
  #hear(audit: AuditView): void {
    this.#heard += 1;
    if (this.view) this.view = { ...this.view, audit };
  }
}
