import type { DoorKey } from '../../ipc/backend';
import { Burst, characterOf } from '../../state/burst';
import { doorKey } from '../../state/door_keys';
import { isComposing } from '../../state/screen_keys';

/** What the keyboard of the door may ask for. */
export type DoorKeyActions = {
  press: (key: DoorKey) => void;
  /** A hand scanner typed a code. */
  scan: (typed: string) => void;
  isClosing: () => boolean;
  close: () => void;
  stay: () => void;
  /** The seal on paper, asked for while the shift is being closed. */
  print: () => void;
};

/**
 * Reads the keys of the door at the document, before any element sees them.
 *
 * A hand scanner ends with Enter, and the Enter of a hand scanner must never press a button: a button is
 * pressed by Enter or Space only when Tab has just brought the focus there and no other key came between.
 * A click leaves no focus behind.
 */
export class DoorKeyboard {
  #actions: DoorKeyActions;
  #tabbed = false;
  #burst: Burst<KeyboardEvent>;

  constructor(actions: DoorKeyActions) {
    this.#actions = actions;
    this.#burst = new Burst(
      (typed) => actions.scan(typed),
      (event) => this.#typed(event),
    );
    document.addEventListener('keydown', this.#onkeydown, { capture: true });
    document.addEventListener('keyup', this.#onkeyup, { capture: true });
    document.addEventListener('click', this.#onclick, { capture: true });
  }

  /** Stops listening. */
  remove(): void {
    this.#burst.drop();
    document.removeEventListener('keydown', this.#onkeydown, { capture: true });
    document.removeEventListener('keyup', this.#onkeyup, { capture: true });
    document.removeEventListener('click', this.#onclick, { capture: true });
  }

  readonly #onkeydown = (event: KeyboardEvent): void => {
    if (isComposing(event)) return;
    if (event.key === 'Tab') {
      if (!this.#burst.holdsCode) {
        this.#tabbed = true;
        return;
      }
      // The Tab of a hand scanner ends its code and moves no focus.
      swallow(event);
      this.#burst.take(event);
      return;
    }
    if (this.#tabbed && isPress(event) && document.activeElement instanceof HTMLButtonElement)
      return;
    if (event.key === 'F10') {
      swallow(event);
      if (!event.repeat) this.#actions.close();
      return;
    }
    if (event.key === 'F9' && this.#actions.isClosing()) {
      swallow(event);
      if (!event.repeat) this.#actions.print();
      return;
    }
    if (!belongsToTheDoor(event)) {
      if (isPress(event)) swallow(event);
      return;
    }
    swallow(event);
    this.#leave();
    this.#burst.take(event);
  };

  #typed(event: KeyboardEvent): void {
    const key = doorKey(event);
    if (!key) return;
    const closing = this.#actions.isClosing();
    if (closing) this.#actions.stay();
    if (!(closing && key.key === 'escape')) this.#actions.press(key);
  }

  /** Space presses a button when it is released. */
  readonly #onkeyup = (event: KeyboardEvent): void => {
    if (event.key === ' ' && !this.#tabbed) swallow(event);
  };

  readonly #onclick = (event: MouseEvent): void => {
    // A press by keyboard arrives as a click without a pointer (detail 0) and keeps its focus.
    if (event.detail > 0) this.#leave();
  };

  #leave(): void {
    this.#tabbed = false;
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
  }
}

/** A key with a meaning, or a character that a hand scanner may type. */
function belongsToTheDoor(event: KeyboardEvent): boolean {
  const combined = event.ctrlKey || event.altKey || event.metaKey;
  return doorKey(event) !== null || (!combined && characterOf(event) !== null);
}

function isPress(event: KeyboardEvent): boolean {
  return event.key === 'Enter' || event.key === ' ';
}

function swallow(event: Event): void {
  event.preventDefault();
  event.stopPropagation();
}
