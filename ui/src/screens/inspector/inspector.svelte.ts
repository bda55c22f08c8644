import { backend } from '../../ipc/backend';
import type { Answer, DeskError, InspectorView } from '../../ipc/backend';

/** The inspector's own device as the screen shows it. */
export class Inspector {
  view = $state.raw<InspectorView | null>(null);
  refused = $state.raw<DeskError | null>(null);
  #stops: (() => void)[] = [];
  #closed = false;
  /** Counts events: each has the newest state, and a late answer to a question must not overwrite one. */
  #heard = 0;

  /** Asks for everything, listens from then on, and checks every file that is dropped onto the window. */
  async open(): Promise<void> {
    this.#keep(await backend.onInspectorChanged((view) => this.#hear(view)));
    this.#keep(await backend.onFileDropped((path) => void this.check(path)));
    await this.load();
  }

  /** Stops listening. */
  close(): void {
    this.#closed = true;
    for (const stop of this.#stops.splice(0)) stop();
  }

  load(): Promise<void> {
    return this.#take(backend.inspector());
  }

  /** Begins a visit to a known ledger, or to one that this device has never seen. */
  begin(origin: string | null): Promise<void> {
    return this.#take(backend.beginVisit(origin));
  }

  trust(): Promise<void> {
    return this.#take(backend.trustFirstContact());
  }

  end(): Promise<void> {
    return this.#take(backend.endVisit());
  }

  typed(text: string): Promise<void> {
    return this.#take(backend.inspectorTyped(text));
  }

  check(path: string): Promise<void> {
    return this.#take(backend.checkFile(path));
  }

  async #take(asked: Promise<Answer<InspectorView>>): Promise<void> {
    const before = this.#heard;
    const answer = await asked;
    this.refused = answer.status === 'error' ? answer.error : null;
    if (answer.status === 'ok' && this.#heard === before) this.view = answer.data;
  }

  #hear(view: InspectorView): void {
    this.#heard += 1;
    this.view = view;
  }

  #keep(stop: () => void): void {
    if (this.#closed) stop();
    else this.#stops.push(stop);
  }
}
