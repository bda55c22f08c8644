import { render, screen, waitFor, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { describe, expect, it, vi } from 'vitest';
import App from '../src/App.svelte';
// Loaded here, as a busy machine takes longer over it than a test waits.
import '../src/screens/office/Office.svelte';
import { backend } from '../src/ipc/backend';
import { start } from '../src/state/program.svelte';
import { enter } from './setup';

async function open(scene: string): Promise<void> {
  enter(scene);
  await start();
  render(App);
}

async function openStaff(): Promise<void> {
  await open('office');
  await userEvent.click(await screen.findByTestId('room-staff'));
  await screen.findAllByTestId('staff-row');
}

function row(number: number): HTMLElement {
  const rows = screen.getAllByTestId('staff-row');
  const found = rows.find((line) => line.dataset['number'] === String(number));
  if (!found) throw new Error(`nobody has the number ${number}`);
  return found;
}

describe('the staff', () => {
  it('shows who may sign in, by word and shape, and offers nothing for a closed account', async () => {
    await openStaff();
    expect(row(4)).toHaveTextContent('督查人员');
    expect(row(4)).toHaveTextContent('可以登录');
    expect(row(3)).toHaveTextContent('已关闭');
    expect(row(3).querySelector('[data-shape=refuse]')).not.toBeNull();
    expect(within(row(3)).queryAllByRole('button')).toEqual([]);
  });

  it('does not offer to close the account one is signed in with', async () => {
    await openStaff();
    expect(within(row(1)).queryByTestId('staff-begin-close')).toBeNull();
    expect(within(row(1)).getByTestId('staff-mine')).toBeInTheDocument();
  });

  it('adds an inspector by keyboard alone', async () => {
    await openStaff();
    const addPerson = vi.spyOn(backend, 'addPerson');
    screen.getByTestId('staff-begin-add').focus();
    await userEvent.keyboard('{Enter}');
    expect(await screen.findByTestId('field-name')).toHaveFocus();
    await userEvent.keyboard('吴检查{Tab}{ArrowUp}{Tab}573914{Tab}573914{Enter}');
    expect(addPerson).toHaveBeenCalledWith({ name: '吴检查', role: 'inspector', pin: '573914' });
    expect(await screen.findByTestId('staff-done')).toHaveTextContent('已添加 吴检查，编号 5');
    expect(row(5)).toHaveTextContent('督查人员');
  });

  it('asks Rust for nothing while the two PINs differ', async () => {
    await openStaff();
    const addPerson = vi.spyOn(backend, 'addPerson');
    await userEvent.click(screen.getByTestId('staff-begin-add'));
    await userEvent.keyboard('吴检查{Tab}{Tab}573914{Tab}573915{Enter}');
    expect(await screen.findByTestId('refusal-new_pin_again')).toHaveTextContent('不一样');
    expect(screen.getByTestId('field-new_pin_again')).toHaveFocus();
    expect(addPerson).not.toHaveBeenCalled();
  });

  it('shows what Rust refuses beside its field', async () => {
    await openStaff();
    await userEvent.click(within(row(2)).getByTestId('staff-begin-reset'));
    expect(screen.getByTestId('staff-reset')).toHaveTextContent('重设 王小岗 的 PIN');
    await userEvent.keyboard('123{Tab}123{Enter}');
    expect(await screen.findByTestId('refusal-new_pin')).toHaveTextContent('PIN 太简单');
  });

  it('asks before it closes an account, and Esc leaves it open', async () => {
    await openStaff();
    await userEvent.click(within(row(2)).getByTestId('staff-begin-close'));
    expect(screen.getByTestId('staff-close')).toHaveTextContent('不能再打开');
    await userEvent.keyboard('{Escape}');
    expect(screen.queryByTestId('staff-close')).toBeNull();
    await userEvent.click(within(row(2)).getByTestId('staff-begin-close'));
    await userEvent.click(screen.getByTestId('staff-confirm'));
    await waitFor(() => expect(row(2)).toHaveAttribute('data-active', 'false'));
    expect(screen.getByTestId('staff-done')).toHaveTextContent('王小岗 的账户已关闭');
  });
});

describe('the own PIN', () => {
  it('is changed in the office and says how many tries are left', async () => {
    await open('office');
    await userEvent.click(await screen.findByTestId('change-my-pin'));
    await waitFor(() => expect(screen.getByTestId('field-old_pin')).toHaveFocus());
    await userEvent.keyboard('111112{Tab}573914{Tab}573914{Enter}');
    expect(await screen.findByTestId('refusal-old_pin')).toHaveTextContent('还可以试 4 次');
    expect(screen.getByTestId('field-old_pin')).toHaveFocus();
    await userEvent.keyboard('246810{Enter}');
    expect(await screen.findByTestId('pin-changed')).toHaveTextContent('已修改');
  });

  it('is changed by a guard before the shift, and Enter opens no shift meanwhile', async () => {
    await open('shift');
    const openShift = vi.spyOn(backend, 'openShift');
    await userEvent.click(screen.getByTestId('change-my-pin'));
    await userEvent.keyboard('246810{Tab}573914{Tab}573914{Enter}');
    expect(await screen.findByTestId('pin-changed')).toBeInTheDocument();
    expect(openShift).not.toHaveBeenCalled();
    await userEvent.click(screen.getByTestId('pin-close'));
    expect(await screen.findByTestId('open-shift')).toBeInTheDocument();
  });
});

describe('an inspector in the office', () => {
  it('reads log and ledger and is offered nothing that changes them', async () => {
    await open('office-inspector');
    expect(await screen.findByTestId('screen-office')).toHaveTextContent('督查 周*');
    expect(screen.queryByTestId('room-staff')).toBeNull();
    expect(screen.queryByTestId('room-settings')).toBeNull();
    const [entry] = await screen.findAllByTestId('entry-row');
    if (entry) await userEvent.click(entry);
    expect(screen.queryByTestId('void-row')).toBeNull();
    expect(screen.queryByTestId('export')).toBeNull();
    await userEvent.keyboard('v');
    expect(screen.queryByTestId('void-panel')).toBeNull();

    await userEvent.click(screen.getByTestId('room-ledger'));
    expect(await screen.findByTestId('begin-witnessing')).toBeInTheDocument();
    for (const hidden of ['make-backup', 'retention-save', 'hold-form', 'key-begin', 'keys-move']) {
      expect(screen.queryByTestId(hidden), hidden).toBeNull();
    }
    expect(screen.getByTestId('make-bundle')).toBeInTheDocument();
    expect(screen.queryByTestId('bundle-disclose')).toBeNull();
  });
});
