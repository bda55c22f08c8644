/** Tells a hand scanner, which types a code like a keyboard, from fingers. */

/** What decides a key: its place, its character, and when it came (milliseconds). */
export type TimedKey = Pick<
  KeyboardEvent,
  'code' | 'key' | 'shiftKey' | 'ctrlKey' | 'altKey' | 'metaKey' | 'repeat' | 'timeStamp'
>;

/** Scanners leave under 10 ms between characters, the fastest fingers over 30. */
const FASTER_THAN_FINGERS_MS = 35;
/** Nobody types so many characters so fast; a temperature has five at most. */
const LEAST_CHARACTERS = 6;
/**
 * A scanner without a suffix has ended after this silence. Until then a running code may pause: a busy machine
 * hands keys over late, and the rest of a torn code would become keys of the door.
 */
const SILENCE_MS = 150;

const MODIFIERS = new Set(['Shift', 'Control', 'Alt', 'Meta', 'CapsLock', 'NumLock']);
const SHIFTED: Readonly<Record<string, string>> = {
  '1': '!', '2': '@', '3': '#', '4': '$', '5': '%', '6': '^', '7': '&', '8': '*', '9': '(', '0': ')',
}; // prettier-ignore
const MARKS: Readonly<Record<string, readonly [string, string]>> = {
  Minus: ['-', '_'],
  Equal: ['=', '+'],
  BracketLeft: ['[', '{'],
  BracketRight: [']', '}'],
  Backslash: ['\\', '|'],
  Semicolon: [';', ':'],
  Quote: ["'", '"'],
  Backquote: ['`', '~'],
  Comma: [',', '<'],
  Period: ['.', '>'],
  Slash: ['/', '?'],
  Space: [' ', ' '],
  NumpadAdd: ['+', '+'],
  NumpadSubtract: ['-', '-'],
  NumpadMultiply: ['*', '*'],
  NumpadDivide: ['/', '/'],
  NumpadDecimal: ['.', '.'],
};

/**
 * The character a key stands for on the keyboard that scanners pretend to be (US), whatever layout or input
 * method this machine has; `null` for a key without one.
 */
export function characterOf(key: TimedKey): string | null {
  const letter = /^Key([A-Z])$/.exec(key.code)?.[1];
  if (letter !== undefined) return key.shiftKey ? letter : letter.toLowerCase();
  const digit = /^(?:Digit|Numpad)([0-9])$/.exec(key.code)?.[1];
  if (digit !== undefined) {
    return key.shiftKey && key.code.startsWith('Digit') ? (SHIFTED[digit] ?? null) : digit;
  }
  const mark = MARKS[key.code];
  if (mark) return mark[key.shiftKey ? 1 : 0];
  return [...key.key].length === 1 ? key.key : null;
}

/**
 * Holds each key for a moment. A run of characters faster than fingers is one code; everything else is handed
 * on in its order, so that no character of a code ever becomes a temperature.
 */
export class Burst<Key extends TimedKey> {
  #held: Key[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #scanned: (text: string) => void;
  #typed: (key: Key) => void;

  constructor(scanned: (text: string) => void, typed: (key: Key) => void) {
    this.#scanned = scanned;
    this.#typed = typed;
  }

  take(key: Key): void {
    // A scanner presses Shift for its capital letters: that is no character and no pause.
    if (MODIFIERS.has(key.key)) return;
    const last = this.#held.at(-1);
    if (last && key.timeStamp - last.timeStamp > this.patience) this.#release();
    const plain = !key.ctrlKey && !key.altKey && !key.metaKey && !key.repeat;
    if (plain && (key.key === 'Enter' || key.key === 'Tab') && this.holdsCode) {
      this.#release();
    } else if (plain && characterOf(key) !== null) {
      this.#held.push(key);
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#release(), this.patience);
    } else {
      this.#release();
      this.#typed(key);
    }
  }

  /** Forgets what is held: the door is left. */
  drop(): void {
    clearTimeout(this.#timer);
    this.#held = [];
  }

  /** How long the next character may take to belong to those that are held. */
  private get patience(): number {
    return this.holdsCode ? SILENCE_MS : FASTER_THAN_FINGERS_MS;
  }

  /** Whether what is held is a code already, only its end has not come. */
  get holdsCode(): boolean {
    return this.#held.length >= LEAST_CHARACTERS;
  }

  /** Whether anything is held that may become a code. */
  get isRunning(): boolean {
    return this.#held.length > 0;
  }

  #release(): void {
    const held = this.#held;
    const isCode = this.holdsCode;
    this.drop();
    if (isCode) this.#scanned(held.map((key) => characterOf(key) ?? '').join(''));
    else held.forEach((key) => this.#typed(key));
  }
}
