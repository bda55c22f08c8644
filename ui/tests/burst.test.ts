import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Burst, characterOf } from '../src/state/burst';
import type { TimedKey } from '../src/state/burst';

const PLAIN = { shiftKey: false, ctrlKey: false, altKey: false, metaKey: false, repeat: false };
const PLACES: Readonly<Record<string, string>> = {
  ':': 'Semicolon',
  '/': 'Slash',
  '.': 'Period',
  '?': 'Slash',
  '=': 'Equal',
};

/** The key events of a keyboard that types `text`, `gap` milliseconds apart. */
function keysOf(text: string, gap: number): TimedKey[] {
  let now = 1000;
  const keys: TimedKey[] = [];
  for (const character of text) {
    now += gap;
    const shiftKey = /[A-Z:?]/.test(character);
    if (shiftKey) keys.push(press('Shift', 'ShiftLeft', now));
    const code =
      PLACES[character] ??
      (/[0-9]/.test(character) ? `Digit${character}` : `Key${character.toUpperCase()}`);
    keys.push({ ...press(character, code, now), shiftKey });
  }
  return keys;
}

function press(key: string, code: string, timeStamp: number): TimedKey {
  return { ...PLAIN, key, code, timeStamp };
}

function listen() {
  const scanned: string[] = [];
  const typed: string[] = [];
  const burst = new Burst<TimedKey>(
    (text) => scanned.push(text),
    (key) => typed.push(key.key),
  );
  return { scanned, typed, take: (keys: TimedKey[]) => keys.forEach((key) => burst.take(key)) };
}

describe('a hand scanner among fingers', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('gives one code, capitals and marks included, and lets its Enter press nothing', () => {
    const door = listen();
    const code = 'HTTPS://s.sh.gov.cn/a?b=V2';
    const keys = keysOf(code, 3);
    door.take(keys);
    door.take([press('Enter', 'Enter', (keys.at(-1)?.timeStamp ?? 0) + 3)]);
    expect(door.scanned).toEqual([code]);
    vi.runAllTimers();
    expect(door.typed).toEqual([]);
  });

  it('gives a code without a suffix after a silence', () => {
    const door = listen();
    door.take(keysOf('0000000000', 3));
    expect(door.scanned).toEqual([]);
    vi.advanceTimersByTime(150);
    expect(door.scanned).toEqual(['0000000000']);
  });

  it('may pause in the middle of a code on a busy machine', () => {
    const door = listen();
    const first = keysOf('https://s', 3);
    const late = (first.at(-1)?.timeStamp ?? 0) + 140 - 1003;
    door.take(first);
    door.take(keysOf('.sh.gov.cn', 3).map((key) => ({ ...key, timeStamp: key.timeStamp + late })));
    vi.runAllTimers();
    expect(door.scanned).toEqual(['https://s.sh.gov.cn']);
    expect(door.typed).toEqual([]);
  });

  it('is not three quick digits and Enter, which keep their order', () => {
    const door = listen();
    const keys = keysOf('365', 5);
    door.take([...keys, press('Enter', 'Enter', 1020)]);
    expect(door.typed).toEqual(['3', '6', '5', 'Enter']);
    expect(door.scanned).toEqual([]);
  });

  it('is not somebody who types many keys at the speed of fingers', () => {
    const door = listen();
    for (const key of keysOf('36.536.5', 40)) {
      door.take([key]);
      vi.advanceTimersByTime(40);
    }
    expect(door.typed.join('')).toBe('36.536.5');
    expect(door.scanned).toEqual([]);
  });

  it('holds a single key for no longer than a scanner would need', () => {
    const door = listen();
    door.take(keysOf('3', 5));
    vi.advanceTimersByTime(34);
    expect(door.typed).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(door.typed).toEqual(['3']);
  });

  it('leaves no character of a code for the temperature when fingers go on at once', () => {
    const door = listen();
    const keys = keysOf('123456789', 3);
    door.take(keys);
    door.take([press('3', 'Digit3', (keys.at(-1)?.timeStamp ?? 0) + 160)]);
    vi.runAllTimers();
    expect(door.scanned).toEqual(['123456789']);
    expect(door.typed).toEqual(['3']);
  });
});

describe('the character of a key', () => {
  it('is that of the keyboard scanners pretend to be, whatever layout the machine has', () => {
    // A German layout gives z for the place of Y, and an input method gives no character at all.
    expect(characterOf(press('z', 'KeyY', 0))).toBe('y');
    expect(characterOf(press('Process', 'Digit3', 0))).toBe('3');
    expect(characterOf({ ...press('"', 'Digit2', 0), shiftKey: true })).toBe('@');
    expect(characterOf(press('F1', 'F1', 0))).toBeNull();
    expect(characterOf(press('x', '', 0))).toBe('x');
  });
});
