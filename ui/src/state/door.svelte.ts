import { backend } from '../ipc/backend';
import { isQuestion } from '../screens/door/steps';
import type { Answer, CardView, DeskError, DoorKey, DoorView, EntryRow } from '../ipc/backend';

/** What the big card shows. */
export type Card =
  { face: 'idle' } | { face: 'preview' } | { face: 'verdict'; card: CardView; entry: EntryRow };

/** A scan replaces a verdict only after it could be read; a key replaces it at once. */
const READABLE_MS = 1200;

/** The door: the newest view, and how long its card stays. */
export class Door {
  view = $state.raw<DoorView | null>(null);
  refusal = $state.raw<DeskError | null>(null);
  /** Counts the showings of a card, so that its bar starts anew with each. */
  showing = $state(0);
  #gone = $state(true);
  #readable = $state(false);
  /** Who was at the gate when the card appeared: with a line, that is already the next visitor. */
  #whoThen = $state('');
  #shown: number | null = null;
  #timers: ReturnType<typeof setTimeout>[] = [];

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
      this.#timers.forEach(clearTimeout);
    };
  }

  /** Hands a key to Rust and takes over what it leads to. */
  async press(key: DoorKey): Promise<void> {
    const shown = this.#shown;
    if (this.view && beginsTheNext(key, this.view)) this.#gone = true;
    const answer = await backend.press(key);
    this.#takeAnswer(answer);
    // Judged by the answer: the digits before a quick Enter are not on the screen yet when it is pressed.
    const again = key.key === 'enter' && answer.status === 'ok' && isNobody(answer.data);
    if (again && this.#shown === shown) this.#show(answer.data);
  }

  /** Hands over what a hand scanner typed. */
  async handScan(typed: string): Promise<void> {
    this.#takeAnswer(await backend.handScan(typed));
  }

  /** Takes over a view unless a newer one is already shown. */
  take(view: DoorView): void {
    if (this.view && view.revision < this.view.revision) return;
    this.view = view;
    const position = view.card?.entry.position ?? null;
    if (position === null || position === this.#shown) return;
    this.#shown = position;
    this.#show(view);
  }

  /**
   * What the big card shows. A verdict gives way when its time is over, when the guard turns to the next
   * visitor, and when a new code is read after it could be read: it never blocks the next one.
   */
  get card(): Card {
    const view = this.view;
    if (!view) return { face: 'idle' };
    if (view.fever_preview) return { face: 'preview' };
    const card = view.card;
    if (!card || card.entry.voided || this.#gone) return { face: 'idle' };
    const replaced = this.#readable && whoIsThere(view) !== this.#whoThen;
    return replaced ? { face: 'idle' } : { face: 'verdict', card, entry: card.entry };
  }

  #show(view: DoorView): void {
    if (!view.card) return;
    this.showing += 1;
    this.#gone = false;
    this.#readable = false;
    this.#whoThen = whoIsThere(view);
    this.#timers.forEach(clearTimeout);
    this.#timers = [
      setTimeout(() => (this.#readable = true), READABLE_MS),
      setTimeout(() => (this.#gone = true), view.card.stays_ms),
    ];
  }

  #takeAnswer(answer: Answer<DoorView>): void {
    this.refusal = answer.status === 'error' ? answer.error : null;
    if (answer.status === 'ok') this.take(answer.data);
  }
}

/** Whether nobody is at the gate: no code, no temperature, nothing typed, no question open. */
export function isNobody({ visitor, prompt }: DoorView): boolean {
  return (
    visitor.code.shown === 'empty' &&
    visitor.typed === '' &&
    visitor.temperature === null &&
    visitor.follows === null &&
    !isQuestion(prompt)
  );
}

/** Whether a key is about the next visitor, and not about the last one or an open question. */
function beginsTheNext(key: DoorKey, view: DoorView): boolean {
  if (isQuestion(view.prompt)) return false;
  return key.key !== 'enter' && key.key !== 'void_last' && key.key !== 'cases';
}

/** Tells one visitor from another without their colour, which may become known later. */
function whoIsThere({ visitor: { code, follows } }: DoorView): string {
  const issuer = code.shown === 'decoded' ? (code.issuer?.id ?? '?') : '';
  const age = code.shown === 'decoded' ? code.age_seconds : '';
  return [code.shown, issuer, age, follows].join(' ');
}
