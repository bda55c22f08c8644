import { render, screen, waitFor, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { describe, expect, it, vi } from 'vitest';
import App from '../src/App.svelte';
import { backend } from '../src/ipc/backend';
import { fieldOf, formOf, policyOf } from '../src/screens/office/policy_form';
import { start } from '../src/state/program.svelte';
import { policy } from '../mock/data';
import { enter } from './setup';

async function open(scene = 'office'): Promise<void> {
  enter(scene);
  await start();
  render(App);
}

async function rows(): Promise<HTMLElement[]> {
  return screen.findAllByTestId('entry-row');
}

async function row(position: number): Promise<HTMLElement> {
  const found = (await rows()).find((line) => line.dataset['position'] === String(position));
  if (!found) throw new Error(`no row ${position}`);
  return found;
}

describe('the log', () => {
  it('keeps a voided entry visible, marked, with the reason and the record that voided it', async () => {
    await open();
    const line = await row(1277);
    expect(line).toHaveAttribute('data-voided', 'true');
    expect(line).toHaveClass('voided');
    expect(line).toHaveTextContent('作废：输错体温 → 第 1,286 号');
    expect(within(line).queryByTestId('void-row')).toBeNull();
  });

  it('points from a further reading to the first one', async () => {
    await open();
    expect(await row(1278)).toHaveTextContent('复测第 1,276 号');
  });

  it('tells a verdict by word and shape', async () => {
    await open();
    const line = await row(1280);
    expect(line).toHaveTextContent('劝返');
    expect(line.querySelector('[data-shape=refuse]')).not.toBeNull();
  });

  it('compares the figures with the same weekday a week before', async () => {
    await open();
    expect(await screen.findByTestId('figure-admitted')).toHaveTextContent('上周一全天 1,232 人次');
  });

  it('pages by position and comes back', async () => {
    await open();
    await rows();
    await userEvent.click(screen.getByTestId('older'));
    await waitFor(async () => expect((await rows())[0]).toHaveAttribute('data-position', '1234'));
    expect(screen.getByTestId('log-shown')).toHaveTextContent('第 51–70 条');
    expect(screen.getByTestId('older')).toBeDisabled();
    await userEvent.click(screen.getByTestId('newest'));
    await waitFor(async () => expect((await rows())[0]).toHaveAttribute('data-position', '1284'));
  });

  it('voids an entry by keyboard alone', async () => {
    await open();
    await rows();
    await userEvent.keyboard('{ArrowDown}{ArrowDown}');
    expect(await row(1283)).toHaveFocus();
    await userEvent.keyboard('v');
    expect(await screen.findByTestId('void-panel')).toHaveTextContent('作废第 1,283 号');
    await userEvent.keyboard('3{Enter}');
    await waitFor(async () => expect(await row(1283)).toHaveAttribute('data-voided', 'true'));
    expect(await row(1283)).toHaveTextContent('重复登记');
    expect(await row(1283)).toHaveFocus();
  });

  it('asks for a note where the reason is another one', async () => {
    await open();
    await userEvent.click(await row(1284));
    await userEvent.click(await screen.findByTestId('void-row'));
    await userEvent.keyboard('5');
    await userEvent.click(screen.getByTestId('void-confirm'));
    expect(await screen.findByTestId('refusal-void-note')).toHaveTextContent('请写明原因');
    await userEvent.keyboard('{Escape}');
    await waitFor(() => expect(screen.queryByTestId('void-panel')).toBeNull());
  });

  it('filters with chips by keyboard', async () => {
    await open();
    await rows();
    screen.getByTestId('filter-verdict').focus();
    await userEvent.keyboard('{Enter}');
    await screen.findAllByTestId('filter-verdict-option');
    await userEvent.keyboard('{End}{ArrowUp}{Enter}');
    await waitFor(async () => expect(await rows()).toHaveLength(1));
    expect((await rows())[0]).toHaveAttribute('data-verdict', 'refuse');
    expect(screen.getByTestId('filter-verdict')).toHaveTextContent('劝返');
    expect(screen.getByTestId('filter-verdict')).toHaveFocus();
  });

  it('exports, shows where the file is, and opens the folder', async () => {
    await open();
    await rows();
    const showExports = vi.spyOn(backend, 'showExports');
    await userEvent.click(screen.getByTestId('export'));
    expect(await screen.findByTestId('export-done')).toHaveTextContent('已导出 1,284 条');
    expect(screen.getByTestId('export-path')).toHaveTextContent('entries-2026-11-23.csv');
    await userEvent.click(screen.getByTestId('show-exports'));
    expect(showExports).toHaveBeenCalledOnce();
  });

  it('exports a workbook, chosen by keyboard', async () => {
    await open();
    await rows();
    const exportEntries = vi.spyOn(backend, 'exportEntries');
    expect(screen.getByTestId('export-format-csv')).toBeChecked();
    screen.getByTestId('export-format-csv').focus();
    await userEvent.keyboard('{ArrowRight}');
    expect(screen.getByTestId('export-format-xlsx')).toBeChecked();
    await userEvent.tab();
    expect(screen.getByTestId('export')).toHaveFocus();
    await userEvent.keyboard('{Enter}');
    expect(await screen.findByTestId('export-path')).toHaveTextContent('.xlsx');
    expect(exportEntries).toHaveBeenCalledWith(expect.anything(), 'xlsx');
  });

  it('says so when there is nothing yet, and when the data cannot be read', async () => {
    await open('office-empty');
    expect(await screen.findByTestId('log-empty')).toHaveTextContent('还没有通行记录');
  });

  it('says what to do when the data cannot be read', async () => {
    await open('office-refused');
    expect(await screen.findByTestId('log-refusal')).toHaveTextContent('数据正被别的程序使用');
  });
});

describe('the rules', () => {
  it('survive the way into the form and back', () => {
    expect(policyOf(formOf(policy))).toEqual({ policy });
  });

  it('name every field that holds no number', () => {
    const form = { ...formOf(policy), threshold: 'warm', low_limit: '20.0', repeat: '-1' };
    expect(policyOf(form)).toEqual({ unreadable: ['threshold', 'low_limit', 'repeat'] });
    expect(fieldOf('nothing_is_normal')).toBe('low_limit');
    expect(fieldOf('repeat_window_too_long')).toBe('repeat');
  });

  it('show the refusal of Rust beside the field, and confirm what was saved', async () => {
    await open();
    await userEvent.click(await screen.findByTestId('room-settings'));
    const low = await screen.findByTestId('field-low_limit');
    await userEvent.clear(low);
    await userEvent.type(low, '40');
    await userEvent.click(screen.getByTestId('policy-save'));
    expect(await screen.findByTestId('refusal-low_limit')).toHaveTextContent(
      '下限必须低于发热阈值',
    );
    expect(low).toHaveFocus();
    await userEvent.clear(low);
    await userEvent.type(low, '35.5{Enter}');
    expect(await screen.findByTestId('policy-saved')).toHaveTextContent('已保存');
  });
});
