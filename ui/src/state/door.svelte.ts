import { backend } from '../ipc/backend';
import type { Answer, CardView, DeskError, DoorKey, DoorView, EntryRow } from '../ipc/backend';

/** What the big card shows. */
export type Card =
  { face: 'idle' } | { face: 'preview' } | { face: 'verdict'; card: CardView; entry: EntryRow };

/** The door: the newest view, and how long its card stays. */
export class Door {
  view = $state.raw<DoorView | null>(null);
  refusal = $state.raw<DeskError | null>(null);
  #expired = $state<number | null>(null);
  #shown: number | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Starts listening; the returned function stops it. */
  open(): () => void {
    let closed = false;
    let unlisten: (() => void) | undefined;
    void backend
      .onDoorChanged((view) => this.take(view))
      .then((stop) => {
        if (closed) stop();
        else unlisten = stop;
      });
    void backend.door().then((answer) => this.#takeAnswer(answer));
    return () => {
      closed = true;
      unlisten?.();
      clearTimeout(this.#timer);
    };
  }

  /** Hands a key to Rust and takes over what it leads to. */
  async press(key: DoorKey): Promise<void> {
    this.#takeAnswer(await backend.press(key));
  }

  /** Takes over a view unless a newer one is already shown. */
  take(view: DoorView): void {
    if (this.view && view.revision < this.view.revision) return;
    this.view = view;
    const card = view.card;
    if (!card || card.entry.position === this.#shown) return;
    this.#shown = card.entry.position;
    this.#expired = null;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => (this.#expired = card.entry.position), card.stays_ms);
  }

  /**
   * What the big card shows. A verdict gives way when its time is over and as soon as the next visitor has
   * shown or measured anything: the next one always wins, and the last verdict stays in the list.
   */
  get card(): Card {
    const view = this.view;
    if (!view) return { face: 'idle' };
    if (view.fever_preview) return { face: 'preview' };
    const card = view.card;
    if (!card || card.entry.position === this.#expired || this.nextIsHere) return { face: 'idle' };
    return { face: 'verdict', card, entry: card.entry };
  }

  /** Whether the next visitor has begun. */
  get nextIsHere(): boolean {
    const visitor = this.view?.visitor;
    if (!visitor) return false;
    return visitor.code.shown !== 'empty' || visitor.typed !== '' || visitor.temperature !== null;
  }

  #takeAnswer(answer: Answer<DoorView>): void {
    this.refusal = answer.status === 'error' ? answer.error : null;
    if (answer.status === 'ok') this.take(answer.data);
  }
}
