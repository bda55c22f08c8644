/**
 * Runs asynchronous jobs one after the other, in the order in which they were added. A job that fails does
 * not stop the ones behind it.
 */
export class InOrder<T> {
  #last: Promise<unknown> = Promise.resolve();

  add(job: () => Promise<T>): Promise<T> {
    const answer = this.#last.then(job, job);
    this.#last = answer.catch(() => undefined);
    return answer;
  }
}
