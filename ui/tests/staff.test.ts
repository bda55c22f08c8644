import { fireEvent, render, screen, waitFor } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { describe, expect, it, vi } from 'vitest';
import App from '../src/App.svelte';
import { backend } from '../src/ipc/backend';
import { refusalsOf } from '../src/screens/set_up';
import { start } from '../src/state/program.svelte';
import { fake } from '../mock/bindings';
import { enter } from './setup';

async function open(scene: string): Promise<void> {
  enter(scene);
  await start();
  render(App);
}

describe('the set-up form', () => {
  it('shows a refusal beside its field and puts the focus there', async () => {
    await open('set_up');
    await userEvent.click(screen.getByTestId('set_up-finish'));
    expect(await screen.findByTestId('refusal-venue')).toHaveTextContent('请填写这一项');
    expect(screen.getByTestId('field-venue')).toHaveFocus();
    expect(screen.getByTestId('field-venue')).toHaveAccessibleDescription('请填写这一项');
  });

  it('is filled in by keyboard alone and sends what was typed', async () => {
    await open('set_up');
    const setUp = vi.spyOn(backend, 'setUp');
    const user = userEvent.setup();
    screen.getByTestId('field-venue').focus();
    await user.keyboard('惠民超市{Tab}{ArrowDown}{Tab}东门{Tab}{Tab}{Tab}陈大门{Tab}135790{Tab}');
    await user.keyboard('王小岗{Tab}246810{Enter}');
    await waitFor(() => expect(setUp).toHaveBeenCalledOnce());
    expect(setUp).toHaveBeenCalledWith({
      venue: '惠民超市',
      kind: 'hotel',
      gate: '东门',
      opens: '08:00',
      closes: '22:00',
      manager_name: '陈大门',
      manager_pin: '135790',
      guard_name: '王小岗',
      guard_pin: '246810',
    });
    expect(await screen.findByTestId('screen-sign_in')).toBeInTheDocument();
  });

  it('knows the field of every refusal that has one', () => {
    expect(Object.keys(refusalsOf([{ code: 'name_missing', field: 'gate' }]))).toEqual(['gate']);
    expect(Object.keys(refusalsOf([{ code: 'hours_wrong' }]))).toEqual(['opens', 'closes']);
    expect(Object.keys(refusalsOf([{ code: 'pins_equal' }]))).toEqual(['guard_pin']);
    expect(refusalsOf([{ code: 'already_set_up' }])).toEqual({});
  });
});

describe('signing in', () => {
  it('is done with a number key and a PIN', async () => {
    await open('sign_in');
    await userEvent.keyboard('2');
    await waitFor(() => expect(screen.getByTestId('field-pin')).toHaveFocus());
    await userEvent.keyboard('246810{Enter}');
    expect(await screen.findByTestId('screen-shift')).toBeInTheDocument();
  });

  it('says how many tries are left', async () => {
    await open('sign_in');
    await userEvent.keyboard('2');
    await waitFor(() => expect(screen.getByTestId('field-pin')).toHaveFocus());
    await userEvent.keyboard('111111{Enter}');
    expect(await screen.findByTestId('refusal-pin')).toHaveTextContent('还可以试 4 次');
    expect(screen.getByTestId('field-pin')).toHaveValue('');
  });

  it('counts the seconds of a pause down and then opens again', async () => {
    vi.useFakeTimers();
    await open('sign_in');
    await fireEvent.click(screen.getByTestId('person-2'));
    await vi.advanceTimersByTimeAsync(10);
    await fireEvent.input(screen.getByTestId('field-pin'), { target: { value: '000000' } });
    await fireEvent.click(screen.getByTestId('sign_in-enter'));
    await vi.advanceTimersByTimeAsync(10);
    expect(screen.getByTestId('refusal-pin')).toHaveTextContent('请等 30 秒');
    await vi.advanceTimersByTimeAsync(5000);
    expect(screen.getByTestId('refusal-pin')).toHaveTextContent('请等 25 秒');
    await vi.advanceTimersByTimeAsync(25_000);
    expect(screen.queryByTestId('refusal-pin')).toBeNull();
    expect(screen.getByTestId('field-pin')).not.toHaveAttribute('readonly');
  });
});

describe('opening the shift', () => {
  it('takes one Enter', async () => {
    await open('shift');
    expect(screen.getByTestId('screen-shift')).toHaveTextContent('东门');
    await userEvent.keyboard('{Enter}');
    expect(await screen.findByTestId('screen-door')).toBeInTheDocument();
    expect(fake.scene.app.stage.at).toBe('door');
  });
});
