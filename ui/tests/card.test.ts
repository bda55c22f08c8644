import { render, screen } from '@testing-library/svelte';
import { describe, expect, it } from 'vitest';
import Card from '../src/screens/door/Card.svelte';
import { slotsOf } from '../src/screens/door/slots';
import { speak } from '../src/words/catalogue.svelte';
import type { EntryRow } from '../src/ipc/backend';
import { door, entry, policy } from '../mock/data';
import { scenes } from '../mock/scenes';

function show(change: Partial<EntryRow>, fever = policy): HTMLElement {
  const view = door({ policy: fever, card: { entry: entry(change), took_ms: 91, stays_ms: 4000 } });
  if (!view.card) throw new Error('the view has a card');
  const card = { face: 'verdict', card: view.card, entry: view.card.entry } as const;
  render(Card, { view, card, slots: slotsOf(view, card), showing: 1 });
  return screen.getByTestId('verdict-card');
}

const shape = (card: HTMLElement): string | undefined =>
  card.querySelector<SVGElement>('[data-shape]')?.dataset['shape'];

describe('the verdict card', () => {
  it('admits: word, shape, evidence, number and time', () => {
    const card = show({});
    expect(card).toHaveAttribute('data-verdict', 'admit');
    expect(card).toHaveTextContent('放行');
    expect(card).toHaveTextContent('绿码 · 上海随申码 · 12 秒前生成');
    expect(card).toHaveTextContent('仅格式相符 · 未经核验');
    expect(card).toHaveTextContent('第 1,284 号已入账 · 0.09 秒');
    expect(shape(card)).toBe('admit');
    expect(screen.getByRole('status')).toHaveTextContent('放行');
  });

  it('holds a fever with its figures and asks to measure again', () => {
    const card = show({ verdict: 'hold', reasons: ['fever'], temperature: 376 });
    expect(card).toHaveTextContent('复测');
    expect(card).toHaveTextContent('体温 37.6 ℃，达到 37.3 ℃ 阈值');
    expect(shape(card)).toBe('measure_again');
    expect(screen.getByRole('alert')).toHaveTextContent('复测');
  });

  it('says "above" where the policy says above', () => {
    const above = { ...policy, fever_operator: 'above' } as const;
    const card = show({ verdict: 'hold', reasons: ['fever'], temperature: 376 }, above);
    expect(card).toHaveTextContent('超过 37.3 ℃ 阈值');
  });

  it('asks to measure a low reading again', () => {
    const card = show({ verdict: 'hold', reasons: ['low_temperature'], temperature: 348 });
    expect(card).toHaveTextContent('复测');
    expect(card).toHaveTextContent('体温 34.8 ℃，低于 35.0 ℃');
  });

  it('asks to check where the most urgent reason is no temperature', () => {
    const card = show({
      verdict: 'hold',
      colour: 'yellow_orange',
      reasons: ['yellow_code', 'no_mask'],
    });
    expect(card).toHaveTextContent('核查');
    expect(card).toHaveTextContent('未戴口罩');
    expect(shape(card)).toBe('check');
  });

  it('refuses a red code', () => {
    const card = show({ verdict: 'refuse', colour: 'red', reasons: ['red_code'] });
    expect(card).toHaveAttribute('data-verdict', 'refuse');
    expect(card).toHaveTextContent('劝返');
    expect(shape(card)).toBe('refuse');
  });

  it('never lets a fault look like an admission or a refusal', () => {
    const card = show({
      shown: 'nothing',
      colour: null,
      issuer: null,
      evidence: 'none',
      verdict: 'check_by_hand',
      fault: 'camera_no_picture',
    });
    expect(card).toHaveAttribute('data-verdict', 'check_by_hand');
    expect(card).toHaveTextContent('未能核验');
    expect(shape(card)).toBe('not_verified');
  });

  it('shows a fever that waits for its second Enter as not yet written', () => {
    const view = scenes['hold']?.().door ?? door();
    const card = { face: 'preview' } as const;
    render(Card, { view, card, slots: slotsOf(view, card), showing: 0 });
    const shown = screen.getByTestId('verdict-card');
    expect(shown).toHaveAttribute('data-preview', 'true');
    expect(shown).toHaveTextContent('再按一次 Enter 确认，或重新输入体温');
    expect(shown).not.toHaveTextContent('已入账');
  });

  it('speaks English', async () => {
    await speak('en');
    expect(show({ verdict: 'hold', reasons: ['fever'], temperature: 376 })).toHaveTextContent(
      'Measure again',
    );
  });
});
