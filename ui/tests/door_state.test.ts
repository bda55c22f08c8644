import { beforeEach, describe, expect, it, vi } from 'vitest';
import { Door } from '../src/state/door.svelte';
import { door, entry, suishen } from '../mock/data';
import { fake } from '../mock/bindings';

const code = {
  shown: 'decoded',
  issuer: suishen,
  age_seconds: 5,
  out_of_date: false,
  colour: null,
  colour_source: null,
  evidence: 'structure_only',
  first_seen_at: null,
} as const;
const nobody = door().visitor;
const card = { entry: entry(), took_ms: 90, stays_ms: 4000 };

describe('the card of the door', () => {
  let state: Door;

  beforeEach(() => {
    vi.useFakeTimers();
    state = new Door();
  });

  it('ignores a view that is older than the one it shows', () => {
    state.take(door({ revision: 7, prompt: 'press_enter' }));
    state.take(door({ revision: 6, prompt: 'show_code' }));
    expect(state.view?.prompt).toBe('press_enter');
  });

  it('calms down when its time is over', () => {
    state.take(door({ card }));
    expect(state.card.face).toBe('verdict');
    vi.advanceTimersByTime(3999);
    expect(state.card.face).toBe('verdict');
    vi.advanceTimersByTime(1);
    expect(state.card.face).toBe('idle');
  });

  it('stays although the next in line is already there', () => {
    const visitor = { ...nobody, code };
    state.take(door({ revision: 2, card, visitor, prompt: 'type_temperature' }));
    vi.advanceTimersByTime(2000);
    expect(state.card.face).toBe('verdict');
  });

  it('gives way at once to a digit of the next temperature', () => {
    state.take(door({ card, visitor: { ...nobody, code } }));
    void state.press({ key: 'digit', digit: 3 });
    expect(state.card.face).toBe('idle');
  });

  it('gives way to a new code only after it could be read', () => {
    state.take(door({ revision: 2, card }));
    state.take(door({ revision: 3, card, visitor: { ...nobody, code } }));
    expect(state.card.face).toBe('verdict');
    vi.advanceTimersByTime(1200);
    expect(state.card.face).toBe('idle');
  });

  it('does not take a colour that became known for another visitor', () => {
    state.take(door({ revision: 2, card, visitor: { ...nobody, code } }));
    state.take(
      door({ revision: 3, card, visitor: { ...nobody, code: { ...code, colour: 'green' } } }),
    );
    vi.advanceTimersByTime(1200);
    expect(state.card.face).toBe('verdict');
  });

  it('comes back with Enter when nobody is there', async () => {
    fake.scene.door = door({ revision: 3, card });
    state.take(door({ revision: 2, card }));
    vi.advanceTimersByTime(5000);
    expect(state.card.face).toBe('idle');
    await state.press({ key: 'enter' });
    expect(state.card.face).toBe('verdict');
  });

  it('does not come back with the Enter after a temperature, however quickly that was typed', async () => {
    const typed = { ...nobody, typed: '65' };
    state.take(door({ revision: 2, card }));
    vi.advanceTimersByTime(5000);
    // The digits are on their way; the answer to Enter is the first one that knows of them.
    fake.scene.door = door({ revision: 5, card, visitor: typed, prompt: 'out_of_range' });
    await state.press({ key: 'enter' });
    expect(state.card.face).toBe('idle');
  });

  it('goes away when its entry is voided', () => {
    state.take(door({ revision: 2, card }));
    const voided = { position: 1290, reason: 'typo', note: '' } as const;
    state.take(door({ revision: 3, card: { ...card, entry: entry({ voided }) } }));
    expect(state.card.face).toBe('idle');
  });

  it('is a preview while a fever waits for its second Enter', () => {
    state.take(door({ fever_preview: true, prompt: 'confirm_fever' }));
    expect(state.card.face).toBe('preview');
  });
});
