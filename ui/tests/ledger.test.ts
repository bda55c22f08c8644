import { readFileSync } from 'node:fs';
import { render, screen, waitFor, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { describe, expect, it, vi } from 'vitest';
import App from '../src/App.svelte';
// Loaded here, as a busy machine takes longer over it than a test waits.
import '../src/screens/office/Office.svelte';
import { backend } from '../src/ipc/backend';
import type { AuditView } from '../src/ipc/backend';
import { daysOf, positionsOf } from '../src/screens/office/ledger/positions';
import { start } from '../src/state/program.svelte';
import { speak, tIfKnown } from '../src/words/catalogue.svelte';
import { alarmsOf } from '../src/words/names';
import { events, fake } from '../mock/bindings';
import { ledger, witnessing, words } from '../mock/ledger';
import { enter } from './setup';

async function open(scene = 'office'): Promise<void> {
  enter(scene);
  await start();
  render(App);
  await userEvent.click(await screen.findByTestId('room-ledger'));
}

function whole(size: number): AuditView {
  return { state: 'whole', size, at: '2026-11-23T11:00:00+08:00', warnings: [] };
}

describe('the ledger', () => {
  it('answers first whether it can be trusted, by word and shape', async () => {
    await open();
    const audit = await screen.findByTestId('audit');
    expect(audit).toHaveTextContent('核对完毕，没有发现问题');
    expect(audit).toHaveTextContent('248,120 条账页');
    expect(audit.querySelector('[data-shape=admit]')).not.toBeNull();
  });

  it('says honestly what nobody outside has seen', async () => {
    await open();
    const outside = await screen.findByTestId('outside');
    expect(outside).toHaveTextContent('最近 159 条还没有外部见证');
    expect(outside.querySelector('[data-shape=check]')).not.toBeNull();
  });

  it('promises nothing before an audit and a witness', async () => {
    await open('ledger-new');
    expect(await screen.findByTestId('audit')).toHaveTextContent('还没有核对全部账页');
    expect(screen.getByTestId('outside')).toHaveTextContent('全部 12 条都还没有外部见证');
    expect(screen.getByTestId('screen-ledger')).not.toHaveTextContent('没有发现问题');
  });

  it('follows an audit from its start to its end', async () => {
    await open();
    await userEvent.click(await screen.findByTestId('audit-now'));
    expect(screen.getByTestId('audit')).toHaveAttribute('data-state', 'running');
    expect(screen.getByTestId('audit-now')).toBeDisabled();
    events.auditChanged.send({ state: 'running', checked: 4096, of: 248120 });
    await waitFor(() =>
      expect(screen.getByTestId('audit')).toHaveTextContent('已核对 4,096 条，共 248,120 条'),
    );
    events.auditChanged.send(whole(248120));
    await waitFor(() => expect(screen.getByTestId('audit')).toHaveAttribute('data-state', 'whole'));
  });

  it('believes the end of an audit more than the answer that it has begun', async () => {
    await open();
    vi.spyOn(backend, 'auditNow').mockImplementation(async () => {
      events.auditChanged.send(whole(248121));
      return { status: 'ok', data: { state: 'running', checked: 0, of: 248121 } };
    });
    await userEvent.click(await screen.findByTestId('audit-now'));
    expect(await screen.findByText(/248,121 条账页都与签名相符/)).toBeInTheDocument();
    expect(screen.getByTestId('audit')).toHaveAttribute('data-state', 'whole');
  });

  it('asks about what proves nothing and never says then that nothing was found', async () => {
    await open('ledger-asks');
    const audit = await screen.findByTestId('audit');
    expect(audit).toHaveTextContent('账页都对得上，但有 2 类情况要问清楚');
    expect(audit).not.toHaveTextContent('没有发现问题');
    expect(audit.querySelector('.shape [data-shape=check]')).not.toBeNull();
    const [crash, restored] = within(screen.getByTestId('audit-warnings')).getAllByRole('listitem');
    expect(crash).toHaveTextContent('没有正常结束');
    expect(crash).toHaveTextContent('3 次，首次在第 1,204 号账页');
    expect(restored).toHaveTextContent('由备份恢复过');
    expect(restored).toHaveTextContent('第 240,001 号账页');
    events.auditChanged.send(whole(248121));
    await waitFor(() => expect(audit).toHaveTextContent('没有发现问题'));
    expect(screen.queryByTestId('audit-warnings')).toBeNull();
  });

  it('names the first fault, its rule in words, and what to do', async () => {
    await open('ledger-broken');
    const audit = await screen.findByTestId('audit');
    expect(audit).toHaveTextContent('第 4,711 号账页对不上');
    expect(screen.getByTestId('audit-fault')).toHaveTextContent('保存的校验值与账页一致');
    expect(audit).toHaveTextContent('不要删除或修改任何文件');
    expect(audit.querySelector('[data-shape=refuse]')).not.toBeNull();
  });

  it('does not call a ledger whole or broken that it could not read', async () => {
    await open('ledger-unreadable');
    const audit = await screen.findByTestId('audit');
    expect(audit).toHaveTextContent('没能核对');
    expect(audit).toHaveTextContent('数据文件已损坏');
  });

  it('says what to do when nothing can be shown', async () => {
    await open('office-refused');
    expect(await screen.findByTestId('ledger-refusal')).toHaveTextContent('数据正被别的程序使用');
  });

  it('has a sentence for every rule of an audit, in both languages', async () => {
    const rust = readFileSync('../src-tauri/crates/ledger/src/audit/fault.rs', 'utf8');
    const rules = [...rust.matchAll(/Rule::\w+ => "(\w+)"/g)].map((match) => match[1] ?? '');
    expect(rules.length).toBeGreaterThan(20);
    for (const language of ['zh-CN', 'en'] as const) {
      await speak(language);
      for (const rule of rules) expect(tIfKnown(`rule-${rule}`), rule).not.toBeNull();
    }
  });
});

describe('the seal', () => {
  it('is drawn dark on white with its quiet zone, module by module', async () => {
    await open();
    const code = await screen.findByTestId('seal-qr');
    expect(code).toHaveAttribute('viewBox', '0 0 65 65');
    expect(code.querySelector('rect')).toHaveAttribute('fill', 'var(--qr-ground)');
    const drawn = code.querySelector('path')?.getAttribute('d') ?? '';
    const dark = [...drawn.matchAll(/h(\d+)v1/g)].reduce((sum, run) => sum + Number(run[1]), 0);
    expect(dark).toBe([...ledger().seal.qr.modules].filter((module) => module === '1').length);
    expect(drawn.startsWith('M4 4h7')).toBe(true);
  });

  it('is told in eight numbered words', async () => {
    await open();
    const list = await screen.findByTestId('seal-words');
    expect(within(list).getAllByRole('listitem')).toHaveLength(8);
    for (const word of words) expect(list).toHaveTextContent(word);
  });

  it('is printed, and the page is named with its hash', async () => {
    await open();
    await userEvent.click(await screen.findByTestId('print-seal'));
    expect(await screen.findByTestId('seal-printed-path')).toHaveTextContent('seal-248120.pdf');
    expect(screen.getByTestId('seal-printed')).toHaveTextContent('5ad1f0c3');
  });

  it('is printed by a guard at the end of a shift, with one key that does not end it', async () => {
    enter('idle');
    await start();
    render(App);
    const printSeal = vi.spyOn(backend, 'printSeal');
    await screen.findByTestId('verdict-card');
    await userEvent.keyboard('{F9}');
    expect(printSeal).not.toHaveBeenCalled();
    await userEvent.keyboard('{F10}');
    expect(await screen.findByTestId('close-shift-F9')).toHaveTextContent('打印封签');
    await userEvent.keyboard('{F9}');
    expect(await screen.findByTestId('seal-printed')).toBeInTheDocument();
    expect(screen.getByTestId('close-shift')).toBeInTheDocument();
    await userEvent.keyboard('{F10}');
    expect(await screen.findByTestId('screen-shift')).toBeInTheDocument();
  });
});

describe('the words of the seal', () => {
  it('are asked for again when the language has changed', async () => {
    await open();
    await screen.findByTestId('seal-words');
    fake.ledger = ledger({ seal: { ...ledger().seal, words: ['acorn', ...words.slice(1)] } });
    await userEvent.keyboard('{F2}');
    await waitFor(() => expect(screen.getByTestId('seal-words')).toHaveTextContent('acorn'));
  });
});

describe('what leaves the house', () => {
  it('is a bundle without disclosures unless they are asked for', async () => {
    await open();
    const makeBundle = vi.spyOn(backend, 'makeBundle');
    await userEvent.click(await screen.findByTestId('make-bundle'));
    expect(makeBundle).toHaveBeenCalledWith({ disclose: [], reason: '' });
    expect(await screen.findByTestId('bundle-made-path')).toHaveTextContent('bundle-2026-11-23');
  });

  it('asks which records and why before it discloses anything', async () => {
    await open();
    const makeBundle = vi.spyOn(backend, 'makeBundle');
    await userEvent.click(await screen.findByTestId('bundle-disclose'));
    await userEvent.click(screen.getByTestId('make-bundle'));
    expect(await screen.findByTestId('refusal-positions')).toHaveTextContent('请填写账页号');
    expect(makeBundle).not.toHaveBeenCalled();
    await userEvent.type(screen.getByTestId('field-positions'), '1280，1276 1276');
    await userEvent.click(screen.getByTestId('make-bundle'));
    expect(await screen.findByTestId('refusal-bundle_reason')).toHaveTextContent('请写明原因');
    await userEvent.type(screen.getByTestId('field-bundle_reason'), '发热调查{Enter}');
    expect(makeBundle).toHaveBeenLastCalledWith({ disclose: [1276, 1280], reason: '发热调查' });
    expect(await screen.findByTestId('bundle-made')).toBeInTheDocument();
  });

  it('is a backup, with the room that is left beside it', async () => {
    await open('ledger-new');
    expect(await screen.findByTestId('disk')).toHaveTextContent('磁盘剩余 412 MB，请腾出空间');
    await userEvent.click(screen.getByTestId('make-backup'));
    expect(await screen.findByTestId('backup-made')).toHaveTextContent('备份已完成');
  });

  it('reads typed numbers and refuses everything else', () => {
    expect(positionsOf(' 12, 7、7；300 ')).toEqual([7, 12, 300]);
    expect(positionsOf('')).toEqual([]);
    expect(positionsOf('12 a')).toBeNull();
    expect(positionsOf('4294967296')).toBeNull();
    expect([daysOf('30'), daysOf('-1'), daysOf('70000'), daysOf('3.5')]).toEqual([
      30,
      null,
      null,
      null,
    ]);
  });
});

describe('retention', () => {
  it('is saved, and a refusal stands beside the fields', async () => {
    await open();
    const days = await screen.findByTestId('field-visitor_days');
    await userEvent.clear(days);
    await userEvent.type(days, '0{Enter}');
    expect(await screen.findByTestId('refusal-visitor_days')).not.toBeEmptyDOMElement();
    await userEvent.clear(days);
    await userEvent.type(days, '14{Enter}');
    expect(await screen.findByTestId('retention-saved')).toBeInTheDocument();
    expect(fake.ledger.retention.policy.visitor_days).toBe(14);
  });

  it('shows what was destroyed, by which record', async () => {
    await open();
    expect(await screen.findByTestId('erasures')).toHaveTextContent('第 248,001 号账页');
    expect(screen.getByTestId('erasures')).toHaveTextContent('普通来访 · 2,568 条');
  });

  it('hands out a certificate of each destruction, with the proof beside it', async () => {
    await open();
    const makeCertificate = vi.spyOn(backend, 'makeCertificate');
    const [newest] = within(await screen.findByTestId('erasures')).getAllByRole('button', {
      name: /号账页的销毁证明/,
    });
    newest?.focus();
    await userEvent.keyboard('{Enter}');
    expect(makeCertificate).toHaveBeenCalledWith(248001);
    expect(await screen.findByTestId('certificate-made-path')).toHaveTextContent('248001.html');
    expect(screen.getByTestId('certificate-proof-path')).toHaveTextContent('248001.tlog-proof');
  });

  it('places and lifts a hold', async () => {
    await open();
    await userEvent.click(await screen.findByTestId('hold-lift'));
    await waitFor(() => expect(screen.getByTestId('holds')).toHaveTextContent('没有暂停的日子'));
    await userEvent.type(screen.getByTestId('field-hold_from'), '2026-11-05');
    await userEvent.type(screen.getByTestId('field-hold_to'), '2026-11-01{Enter}');
    expect(await screen.findByTestId('refusal-hold_to')).toBeInTheDocument();
    await userEvent.clear(screen.getByTestId('field-hold_to'));
    await userEvent.type(screen.getByTestId('field-hold_to'), '2026-11-09{Enter}');
    await waitFor(() =>
      expect(screen.getByTestId('holds')).toHaveTextContent('2026-11-05 至 2026-11-09'),
    );
  });

  it('waits for somebody to confirm the clock, and says so', async () => {
    await open('ledger-new');
    expect(await screen.findByTestId('clock-waits')).toHaveTextContent('自动销毁已暂停');
    await userEvent.click(screen.getByTestId('confirm-clock'));
    expect(await screen.findByTestId('clock-confirmed')).toBeInTheDocument();
    expect(screen.queryByTestId('clock-waits')).toBeNull();
  });
});

describe('the keys', () => {
  it('are plainly called weaker where they are files', async () => {
    await open('ledger-new');
    expect(await screen.findByTestId('vault')).toHaveTextContent('保护较弱');
    expect(screen.getByTestId('vault').querySelector('[data-shape=check]')).not.toBeNull();
    await userEvent.click(screen.getByTestId('keys-move'));
    expect(await screen.findByTestId('keys-refusal')).toBeInTheDocument();
  });

  it('are changed after a question', async () => {
    await open();
    const changeKey = vi.spyOn(backend, 'changeKey');
    await userEvent.click(await screen.findByTestId('key-begin'));
    expect(changeKey).not.toHaveBeenCalled();
    await userEvent.click(screen.getByTestId('key_reason-suspected'));
    await userEvent.click(screen.getByTestId('key-confirm'));
    expect(changeKey).toHaveBeenCalledWith({ reason: 'suspected' });
    expect(await screen.findByTestId('key-changed')).toBeInTheDocument();
  });
});

describe('witnessing at the gate', () => {
  async function begin(scene: string): Promise<void> {
    await open(scene);
    await userEvent.click(await screen.findByTestId('begin-witnessing'));
  }

  it('goes from step to step as the camera sees codes', async () => {
    await begin('office');
    const panel = await screen.findByTestId('screen-witnessing');
    await waitFor(() => expect(panel).toHaveAttribute('data-step', 'waits_for_hello'));
    expect(panel).toHaveTextContent('把督查设备上的码对准摄像头');
    events.witnessingChanged.send(witnessing.request);
    expect(await screen.findByTestId('request-qr')).toHaveAttribute('viewBox', '0 0 125 125');
    expect(screen.getByTestId('witnessing-words')).toHaveTextContent('超市');
    expect(screen.getByTestId('steps')).toHaveAttribute('data-at', '1');
    events.witnessingChanged.send(witnessing.done);
    expect(await screen.findByTestId('witnessed')).toHaveTextContent('见证了 248,120 条');
  });

  it('says what was wrong with a code and goes on waiting', async () => {
    await begin('witnessing-trouble');
    expect(await screen.findByTestId('witnessing-trouble')).toHaveTextContent('这不是督查设备的码');
    events.witnessingChanged.send({
      ...witnessing.hello,
      trouble: { code: 'clock', seconds: -900 },
    });
    await waitFor(() =>
      expect(screen.getByTestId('witnessing-trouble')).toHaveTextContent('慢了 15 分钟'),
    );
  });

  it('asks for a second round after a change of key', async () => {
    await begin('witnessing-again');
    expect(await screen.findByTestId('witnessed')).toHaveTextContent('请再做一遍');
    const again = vi.spyOn(backend, 'beginWitnessing');
    await userEvent.click(screen.getByTestId('witness-again'));
    expect(again).toHaveBeenCalledOnce();
  });

  it('takes a code from a hand scanner and presses no button with it', async () => {
    await begin('office');
    await waitFor(() =>
      expect(screen.getByTestId('screen-witnessing')).toHaveAttribute(
        'data-step',
        'waits_for_hello',
      ),
    );
    screen.getByTestId('end-witnessing').focus();
    await userEvent.setup({ delay: null }).keyboard('gp1h witness{Enter}');
    expect(await screen.findByTestId('request-qr')).toBeInTheDocument();
    expect(fake.scanned).toEqual(['gp1h witness']);
  });

  it('ends with Esc and closes the camera', async () => {
    await begin('office');
    const end = vi.spyOn(backend, 'endWitnessing');
    await screen.findByTestId('screen-witnessing');
    await userEvent.keyboard('{Escape}');
    expect(await screen.findByTestId('screen-ledger')).toBeInTheDocument();
    expect(end).toHaveBeenCalledOnce();
  });
});

describe('alarms', () => {
  it('stand in every room of the office, with what to do', async () => {
    await open('alarms');
    const alarms = await screen.findByTestId('alarms');
    expect(alarms).toHaveTextContent('磁盘空间不足');
    expect(alarms).toHaveTextContent('台账对不上');
    await userEvent.click(screen.getByTestId('room-log'));
    expect(screen.getByTestId('alarms')).toBeInTheDocument();
  });

  it('show the gravest at the door, and the door goes on', async () => {
    enter('door-alarm');
    await start();
    render(App);
    const alarm = await screen.findByTestId('door-alarm');
    expect(alarm).toHaveAttribute('data-alarm', 'reserve_used');
    expect(alarm).toHaveTextContent('照常登记，请告知负责人');
    expect(await screen.findByTestId('verdict-card')).toBeInTheDocument();
  });

  it('do not call the disk small as well when its reserve is in use', () => {
    const all = { disk: true, reserve_used: true, ledger_broken: true, clock_unconfirmed: true };
    expect(alarmsOf(all)).toEqual(['ledger_broken', 'reserve_used', 'clock_unconfirmed']);
  });
});
