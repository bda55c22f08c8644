import { render, screen, waitFor } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { describe, expect, it, vi } from 'vitest';
import App from '../src/App.svelte';
// Loaded here, as a busy machine takes longer over it than a test waits.
import '../src/screens/inspector/Inspector.svelte';
import { backend } from '../src/ipc/backend';
import type { StoreFault } from '../src/ipc/backend';
import { start } from '../src/state/program.svelte';
import { speak, tIfKnown } from '../src/words/catalogue.svelte';
import { events, fake } from '../mock/bindings';
import { emit } from '../mock/event';
import { inspector, ledger, origin, visit, words } from '../mock/ledger';
import { enter } from './setup';

async function open(scene: string): Promise<void> {
  enter(scene);
  await start();
  render(App);
  await screen.findByTestId('screen-inspector');
}

describe('the inspector’s own device', () => {
  it('is entered from the first screen and left again', async () => {
    enter('set_up');
    await start();
    render(App);
    await userEvent.click(screen.getByTestId('use-as-inspector'));
    const device = await screen.findByTestId('screen-inspector');
    expect(device).toHaveTextContent('督查端');
    expect(device).toHaveTextContent('不登记来访者');
    await userEvent.click(screen.getByTestId('leave-inspector'));
    expect(await screen.findByTestId('screen-set_up')).toBeInTheDocument();
  });

  it('visits a gate that it knows, and Esc ends the visit', async () => {
    await open('inspector');
    const beginVisit = vi.spyOn(backend, 'beginVisit');
    expect(await screen.findByTestId('known')).toHaveTextContent('上次 247,961 条');
    const [known] = screen.getAllByTestId('visit');
    if (known) await userEvent.click(known);
    expect(beginVisit).toHaveBeenCalledWith(origin);
    expect(await screen.findByTestId('visit-shows_hello')).toHaveTextContent(origin);
    expect(screen.getByTestId('inspector-qr')).toBeInTheDocument();
    await userEvent.keyboard('{Escape}');
    expect(await screen.findByTestId('visit-new')).toBeInTheDocument();
  });

  it('says that a code was misread and goes on waiting', async () => {
    await open('inspector-hello');
    await screen.findByTestId('visit-shows_hello');
    events.inspectorChanged.send(
      inspector({ step: { ...visit.hello, trouble: { code: 'other_code' } } }),
    );
    expect(await screen.findByTestId('visit-trouble')).toHaveTextContent('对准门岗屏幕上的大码');
  });

  it('says that a gate’s code was read and could not be kept', async () => {
    await open('inspector-hello');
    await screen.findByTestId('visit-shows_hello');
    const trouble = { code: 'not_kept', fault: 'disk_full' } as const;
    events.inspectorChanged.send(inspector({ step: { ...visit.hello, trouble } }));
    const notice = await screen.findByTestId('visit-trouble');
    expect(notice).toHaveTextContent('没有给出签名：磁盘已满');
  });

  it('has the words compared at a first contact, and trusts only when told to', async () => {
    await open('inspector-first');
    const trust = vi.spyOn(backend, 'trustFirstContact');
    expect(await screen.findByTestId('first-words')).toHaveTextContent('超市');
    expect(trust).not.toHaveBeenCalled();
    await userEvent.click(screen.getByTestId('trust'));
    expect(await screen.findByTestId('cosigned')).toHaveTextContent('已见证前 248,120 条');
  });

  it('ends the visit when the words differ', async () => {
    await open('inspector-first');
    const trust = vi.spyOn(backend, 'trustFirstContact');
    await userEvent.click(await screen.findByTestId('distrust'));
    expect(await screen.findByTestId('visit-new')).toBeInTheDocument();
    expect(trust).not.toHaveBeenCalled();
  });

  it('shows its answer and how the ledger has grown', async () => {
    await open('inspector-cosigned');
    expect(await screen.findByTestId('cosigned')).toHaveTextContent(
      '上次 247,961 条，现在 248,120 条，开头与上次相同',
    );
  });

  it('says what is wrong, what to do, and that it is evidence', async () => {
    await open('inspector-forked');
    const refused = await screen.findByTestId('refused');
    expect(refused).toHaveTextContent('与上次所见相矛盾');
    expect(refused).toHaveTextContent('请封存这台设备');
    expect(refused.querySelector('[data-shape=refuse]')).not.toBeNull();
    expect(screen.getByTestId('evidence')).toHaveTextContent('/evidence/');
    expect(screen.queryByTestId('visit-again')).toBeNull();
  });

  it('offers another try where that may mend it, and speaks of no evidence', async () => {
    await open('inspector-signature');
    const refused = await screen.findByTestId('refused');
    expect(refused.querySelector('[data-shape=check]')).not.toBeNull();
    expect(screen.queryByTestId('evidence')).toBeNull();
    await userEvent.click(screen.getByTestId('visit-again'));
    expect(await screen.findByTestId('visit-shows_hello')).toBeInTheDocument();
  });

  it('has words for every refusal, in both languages', async () => {
    const refusals = [
      'other_key', 'handover', 'bad_signature', 'truncated', 'other_root', 'forked', 'clock',
    ]; // prettier-ignore
    for (const language of ['zh-CN', 'en'] as const) {
      await speak(language);
      for (const name of refusals) {
        expect(tIfKnown(`refusal-${name}`), name).not.toBeNull();
        expect(tIfKnown(`refusal-${name}-do`), name).not.toBeNull();
      }
    }
  });

  it('takes the gate’s code as text where no camera is at hand', async () => {
    await open('inspector-hello');
    await userEvent.type(await screen.findByTestId('field-typed_code'), 'Z3AxcgAA{Enter}');
    expect(fake.scanned).toEqual(['Z3AxcgAA']);
    expect(await screen.findByTestId('visit-shows_cosignature')).toBeInTheDocument();
  });
});

describe('a file that is audited', () => {
  it('is named by its path and followed to its end', async () => {
    await open('inspector');
    await userEvent.type(await screen.findByTestId('field-path'), '/media/usb/bundle.zip{Enter}');
    expect(await screen.findByTestId('check')).toHaveAttribute('data-state', 'running');
    events.inspectorChanged.send(
      inspector({
        check: {
          path: '/media/usb/bundle.zip',
          origin,
          audit: { state: 'whole', size: 248120, at: '2026-11-23T10:31:00+08:00', warnings: [] },
          part: { from: 512, to: 1023, of: 248120 },
          words,
          witnesses: ledger().witnesses,
          continues: null,
        },
      }),
    );
    await waitFor(() => expect(screen.getByTestId('check')).toHaveAttribute('data-state', 'whole'));
    expect(screen.getByTestId('check-words')).toHaveTextContent('白菜');
    expect(screen.getByTestId('continues')).toHaveTextContent('本设备没有见证过这份台账');
    expect(screen.getByTestId('check-part')).toHaveTextContent('只含第 512 至 1,023 号账页');
  });

  it('marks as a witness only the device itself, whatever the other keys are named', async () => {
    await open('inspector-check');
    const rows = await screen.findAllByTestId('witness');
    const [own, , forged] = rows;
    expect(own?.querySelector('[data-shape=admit]')).not.toBeNull();
    expect(forged).toHaveTextContent('witness.local/jian-du-1');
    expect(forged).toHaveTextContent('不能证明是谁签的');
    expect(forged?.querySelector('[data-shape=admit]')).toBeNull();
    const summary = screen.getByTestId('check-witnesses');
    expect(summary).toHaveTextContent('本设备的 2 份见证签名');
    expect(summary).toHaveTextContent('另有 1 份');
    expect(screen.queryByTestId('check-part')).toBeNull();
  });

  it('says what a ledger was compared with that is only trusted', async () => {
    await open('inspector-check');
    const { check } = inspector(fake.inspector);
    if (check) events.inspectorChanged.send(inspector({ check: { ...check, continues: 0 } }));
    await waitFor(() =>
      expect(screen.getByTestId('continues')).toHaveTextContent('还没有见证过其中任何一条'),
    );
    expect(screen.getByTestId('continues').querySelector('[data-shape=check]')).not.toBeNull();
  });

  it('that cannot be read is told apart from a device that cannot check', async () => {
    await open('inspector-check');
    const { check } = inspector(fake.inspector);
    const unreadable = (fault: StoreFault): void => {
      const audit = { state: 'unreadable', fault } as const;
      if (check) events.inspectorChanged.send(inspector({ check: { ...check, audit } }));
    };
    unreadable('not_ours');
    await waitFor(() =>
      expect(screen.getByTestId('audit')).toHaveTextContent('没有读得出来的督查包'),
    );
    unreadable('disk_full');
    await waitFor(() => expect(screen.getByTestId('audit')).toHaveTextContent('磁盘已满'));
    expect(screen.getByTestId('audit')).not.toHaveTextContent('没有读得出来的督查包');
  });

  it('of an older copy is no alarm, and says how far it could be compared', async () => {
    await open('inspector-check-older');
    const audit = await screen.findByTestId('audit');
    expect(audit).toHaveTextContent('比您上次见证时旧');
    expect(audit).toHaveTextContent('其中有 201,344 条账页，您上次见证时已有 247,961 条');
    expect(audit.querySelector('[data-shape=check]')).not.toBeNull();
    expect(screen.queryByTestId('audit-fault')).toBeNull();
    expect(screen.getByTestId('continues')).toHaveTextContent('前 198,012 条有本设备的见证签名');
    const { check } = inspector(fake.inspector);
    if (check) events.inspectorChanged.send(inspector({ check: { ...check, continues: null } }));
    await waitFor(() =>
      expect(screen.getByTestId('continues')).toHaveTextContent('其中没有本设备的见证签名'),
    );
  });

  it('can be dropped onto the window', async () => {
    await open('inspector');
    await screen.findByTestId('check-form');
    emit('tauri://drag-drop', { paths: ['/media/usb/one.zip', '/media/usb/two.zip'] });
    expect(await screen.findByTestId('check-path')).toHaveTextContent('/media/usb/one.zip');
  });

  it('names the first fault and what the inspector does with it', async () => {
    await open('inspector-check-broken');
    const check = await screen.findByTestId('check');
    expect(check).toHaveTextContent('第 247,960 号账页对不上');
    expect(check).toHaveTextContent('请门岗负责人说明');
    expect(check).not.toHaveTextContent('门岗照常登记');
    expect(screen.queryByTestId('continues')).toBeNull();
  });
});
