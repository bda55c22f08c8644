import { backend } from '../../ipc/backend';
import type { Answer, DeskError, InspectorView } from '../../ipc/backend';

/** The inspector's own device as the screen shows it. */
export class Inspector {
  view = $state.raw<InspectorView | null>(null);
  refused = $state.raw<DeskError | null>(null);
  #stops: (() => void)[] = [];
  #closed = false;

  /** Asks for everything, listens from then on, and checks every file that is dropped onto the window. */
  async open(): Promise<void> {
    this.#keep(await backend.onInspectorChanged((view) => (this.view = view)));
    this.#keep(await backend.onFileDropped((path) => void this.check(path)));
    await this.load();
  }

  /** Stops listening. */
  close(): void {
    this.#closed = true;
    for (const stop of this.#stops.splice(0)) stop();
  }

  async load(): Promise<void> {
    this.take(await backend.inspector());
  }

  /** Begins a visit to a known ledger, or to one that this device has never seen. */
  async begin(origin: string | null): Promise<void> {
    this.take(await backend.beginVisit(origin));
  }

  async trust(): Promise<void> {
    this.take(await backend.trustFirstContact());
  }

  async end(): Promise<void> {
    this.take(await backend.endVisit());
  }

  async typed(text: string): Promise<void> {
    this.take(await backend.inspectorTyped(text));
  }

  async check(path: string): Promise<void> {
    this.take(await backend.checkFile(path));
  }

  private take(answer: Answer<InspectorView>): void {
    this.refused = answer.status === 'error' ? answer.error : null;
    if (answer.status === 'ok') this.view = answer.data;
  }

  #keep(stop: () => void): void {
    if (this.#closed) stop();
    else this.#stops.push(stop);
  }
}
