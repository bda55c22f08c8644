import type { DoorKey } from '../ipc/backend';

/** The parts of a keyboard event that decide what a key means. */
export type KeyPress = Pick<
  KeyboardEvent,
  'code' | 'key' | 'shiftKey' | 'ctrlKey' | 'altKey' | 'metaKey' | 'repeat'
>;

const BY_CODE: Readonly<Record<string, DoorKey>> = {
  Period: { key: 'point' },
  Comma: { key: 'point' },
  NumpadDecimal: { key: 'point' },
  NumpadComma: { key: 'point' },
  Backspace: { key: 'backspace' },
  Enter: { key: 'enter' },
  NumpadEnter: { key: 'enter' },
  Escape: { key: 'escape' },
  KeyM: { key: 'mask' },
  KeyG: { key: 'colour', colour: 'green' },
  KeyY: { key: 'colour', colour: 'yellow_orange' },
  KeyR: { key: 'colour', colour: 'red' },
  KeyN: { key: 'colour', colour: 'none' },
  Slash: { key: 'no_phone' },
  NumpadDivide: { key: 'no_phone' },
  KeyP: { key: 'no_phone' },
  Minus: { key: 'void_last' },
  NumpadSubtract: { key: 'void_last' },
  NumpadMultiply: { key: 'cases' },
  KeyT: { key: 'cases' },
};

/** Keyboards over a remote desktop and some on-screen keyboards send no `code`: their character decides. */
const BY_CHARACTER: Readonly<Record<string, DoorKey>> = {
  '.': { key: 'point' },
  ',': { key: 'point' },
  '。': { key: 'point' },
  '，': { key: 'point' },
  Backspace: { key: 'backspace' },
  Enter: { key: 'enter' },
  Escape: { key: 'escape' },
  m: { key: 'mask' },
  g: { key: 'colour', colour: 'green' },
  y: { key: 'colour', colour: 'yellow_orange' },
  r: { key: 'colour', colour: 'red' },
  n: { key: 'colour', colour: 'none' },
  '/': { key: 'no_phone' },
  p: { key: 'no_phone' },
  '-': { key: 'void_last' },
  '*': { key: 'cases' },
  t: { key: 'cases' },
};

/**
 * What a key means at the door, by its place on the keyboard, so that no layout and no input method
 * changes it; `null` for every other key. A key that is held down counts once, except Backspace: a
 * forgotten finger on Enter must never confirm a fever.
 */
export function doorKey(press: KeyPress): DoorKey | null {
  if (press.ctrlKey || press.altKey || press.metaKey) return null;
  const meaning = press.code === '' ? byCharacter(press.key) : byCode(press);
  if (press.repeat && meaning?.key !== 'backspace') return null;
  return meaning;
}

function byCode(press: KeyPress): DoorKey | null {
  const digit = /^(?:Digit|Numpad)([0-9])$/.exec(press.code)?.[1];
  if (digit === undefined) return BY_CODE[press.code] ?? null;
  if (press.shiftKey && press.code === 'Digit8') return { key: 'cases' };
  return press.shiftKey && press.code.startsWith('Digit')
    ? null
    : { key: 'digit', digit: Number(digit) };
}

function byCharacter(character: string): DoorKey | null {
  if (/^[0-9]$/.test(character)) return { key: 'digit', digit: Number(character) };
  return BY_CHARACTER[character.length === 1 ? character.toLowerCase() : character] ?? null;
}
