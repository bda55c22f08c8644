import type { Answer, DeskError } from '../../../ipc/backend';

/** One thing that a button does: whether it is going on, what came of it, what Rust refused. */
export class Task<T> {
  busy = $state(false);
  done = $state.raw<T | null>(null);
  refused = $state.raw<DeskError | null>(null);

  /** Does it, unless it is being done; whether it was done. */
  async run(ask: () => Promise<Answer<T>>): Promise<boolean> {
    if (this.busy) return false;
    this.busy = true;
    this.done = null;
    this.refused = null;
    const answer = await ask();
    this.busy = false;
    if (answer.status === 'ok') this.done = answer.data;
    else this.refused = answer.error;
    return answer.status === 'ok';
  }
}
