import { render, screen, waitFor } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { describe, expect, it, vi } from 'vitest';
import App from '../src/App.svelte';
// Loaded here, as a busy machine takes longer over it than a test waits.
import '../src/screens/office/Office.svelte';
import { backend } from '../src/ipc/backend';
import { start } from '../src/state/program.svelte';
import { today } from '../src/words/format';
import { fake } from '../mock/bindings';
import { enter } from './setup';

async function open(scene: string): Promise<void> {
  enter(scene);
  await start();
  render(App);
}

describe('the question for the date', () => {
  it('stands before the shift, in words, and opening the shift is still one key', async () => {
    await open('shift-date');
    expect(await screen.findByTestId('date-question')).toHaveTextContent(
      '今天是 2026-11-23 星期一 吗？',
    );
    expect(screen.getByTestId('open-shift')).toHaveFocus();
    await userEvent.keyboard('{Enter}');
    expect(await screen.findByTestId('screen-door')).toBeInTheDocument();
  });

  it('is answered with yes by keyboard alone', async () => {
    await open('shift-date');
    const answerDate = vi.spyOn(backend, 'answerDate');
    await screen.findByTestId('date-question');
    await userEvent.tab({ shift: true });
    await userEvent.tab({ shift: true });
    expect(screen.getByTestId('date-yes')).toHaveFocus();
    await userEvent.keyboard('{Enter}');
    expect(answerDate).toHaveBeenCalledWith({ day: '2026-11-23', right: true });
    expect(await screen.findByTestId('date-confirmed')).toHaveTextContent('记入台账');
    expect(screen.queryByTestId('date-question')).toBeNull();
  });

  it('tells after a no how the clock is set, and asks no more', async () => {
    await open('ledger-date');
    await userEvent.click(await screen.findByTestId('room-ledger'));
    // One question on the page: the panel of retention has no second one.
    await screen.findByTestId('clock-waits');
    expect(screen.queryByTestId('confirm-clock')).toBeNull();
    await userEvent.click(screen.getByTestId('date-no'));
    expect(await screen.findByTestId('date-wrong')).toHaveTextContent('日期和时间');
    expect(screen.queryByTestId('date-question')).toBeNull();
    expect(screen.getByTestId('confirm-clock')).toBeInTheDocument();
  });

  it('stays where midnight made it another one', async () => {
    await open('shift-date');
    await screen.findByTestId('date-question');
    vi.spyOn(backend, 'answerDate').mockImplementation(async () => ({
      status: 'ok',
      data: { ...fake.scene.app, asks_date: '2026-11-24' },
    }));
    await userEvent.click(screen.getByTestId('date-yes'));
    await waitFor(() =>
      expect(screen.getByTestId('date-question')).toHaveAttribute('data-day', '2026-11-24'),
    );
    expect(screen.queryByTestId('date-confirmed')).toBeNull();
  });
});

describe('the set-up', () => {
  it('shows the date of today, which finishing confirms', async () => {
    const noon = new Date(2026, 10, 23, 12).getTime();
    vi.spyOn(Date, 'now').mockReturnValue(noon);
    await open('set_up');
    const shown = await screen.findByTestId('set_up-today');
    expect(shown).toHaveTextContent('今天是 2026-11-23');
    expect(shown).toHaveTextContent('完成设置，就是确认这个日期');
  });

  it('names a day as the calendar on the wall does', () => {
    expect(today(new Date(2026, 0, 5, 23, 59).getTime())).toBe('2026-01-05');
  });
});
