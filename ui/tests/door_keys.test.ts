import { describe, expect, it } from 'vitest';
import { doorKey } from '../src/state/door_keys';
import type { KeyPress } from '../src/state/door_keys';

function press(code: string, more: Partial<KeyPress> = {}): ReturnType<typeof doorKey> {
  const plain = { shiftKey: false, ctrlKey: false, altKey: false, metaKey: false, repeat: false };
  return doorKey({ code, key: '', ...plain, ...more });
}

describe('a key at the door', () => {
  it('is a digit on both rows of digits, whatever the layout prints', () => {
    for (let digit = 0; digit <= 9; digit += 1) {
      expect(press(`Digit${digit}`, { key: '&' })).toEqual({ key: 'digit', digit });
      expect(press(`Numpad${digit}`, { key: 'Home' })).toEqual({ key: 'digit', digit });
    }
  });

  it.each([
    ['Period', 'point'],
    ['Comma', 'point'],
    ['NumpadDecimal', 'point'],
    ['Backspace', 'backspace'],
    ['Enter', 'enter'],
    ['NumpadEnter', 'enter'],
    ['Escape', 'escape'],
    ['KeyM', 'mask'],
    ['Slash', 'no_phone'],
    ['NumpadDivide', 'no_phone'],
    ['KeyP', 'no_phone'],
    ['Minus', 'void_last'],
    ['NumpadSubtract', 'void_last'],
    ['NumpadMultiply', 'cases'],
    ['KeyT', 'cases'],
  ])('%s means %s', (code, key) => {
    expect(press(code)).toEqual({ key });
  });

  it.each([
    ['KeyG', 'green'],
    ['KeyY', 'yellow_orange'],
    ['KeyR', 'red'],
    ['KeyN', 'none'],
  ])('%s says the colour %s', (code, colour) => {
    expect(press(code)).toEqual({ key: 'colour', colour });
  });

  it('is the asterisk with Shift on 8, and no other digit with Shift', () => {
    expect(press('Digit8', { shiftKey: true })).toEqual({ key: 'cases' });
    expect(press('Digit7', { shiftKey: true })).toBeNull();
  });

  it('means nothing together with Control, Alt or the system key', () => {
    expect(press('KeyR', { ctrlKey: true })).toBeNull();
    expect(press('KeyR', { altKey: true })).toBeNull();
    expect(press('KeyR', { metaKey: true })).toBeNull();
  });

  it('counts once when it is held down, except Backspace', () => {
    expect(press('Enter', { repeat: true })).toBeNull();
    expect(press('Digit3', { repeat: true })).toBeNull();
    expect(press('Backspace', { repeat: true })).toEqual({ key: 'backspace' });
  });

  it('is known by its character where a remote keyboard sends no place', () => {
    expect(press('', { key: '3' })).toEqual({ key: 'digit', digit: 3 });
    expect(press('', { key: '。' })).toEqual({ key: 'point' });
    expect(press('', { key: 'G' })).toEqual({ key: 'colour', colour: 'green' });
    expect(press('', { key: 'Enter' })).toEqual({ key: 'enter' });
    expect(press('', { key: 'x' })).toBeNull();
  });

  it('is left alone when it means nothing here', () => {
    expect(press('KeyA')).toBeNull();
    expect(press('F5')).toBeNull();
  });
});
