import { cleanup, render, screen, waitFor } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { describe, expect, it, vi } from 'vitest';
import App from '../src/App.svelte';
import { start } from '../src/state/program.svelte';
import { backend } from '../src/ipc/backend';
import { speak } from '../src/words/catalogue.svelte';
import { events, fake } from '../mock/bindings';
import { door } from '../mock/data';
import { enter } from './setup';

async function open(scene: string): Promise<void> {
  enter(scene);
  await start();
  render(App);
  await screen.findByTestId('verdict-card');
}

describe('the door', () => {
  it('sends keys without any field in focus', async () => {
    await open('idle');
    await userEvent.keyboard('365{Enter}');
    await waitFor(() => expect(fake.pressed).toHaveLength(4));
    expect(fake.pressed).toEqual([
      { key: 'digit', digit: 3 },
      { key: 'digit', digit: 6 },
      { key: 'digit', digit: 5 },
      { key: 'enter' },
    ]);
    expect(document.querySelector('input, textarea, [contenteditable]')).toBeNull();
  });

  it('hands over what a hand scanner types, and none of it becomes a temperature', async () => {
    await open('idle');
    await userEvent.setup({ delay: null }).keyboard('s.sh.gov.cn/000000{Enter}');
    await waitFor(() => expect(fake.scanned).toEqual(['s.sh.gov.cn/000000']));
    expect(fake.pressed).toEqual([]);
  });

  it('lets a scanner that ends its code with Tab move no focus', async () => {
    await open('idle');
    await userEvent.keyboard('jkm2020a{Tab}');
    await waitFor(() => expect(fake.scanned).toEqual(['jkm2020a']));
    expect(document.body).toHaveFocus();
    expect(fake.pressed).toEqual([]);
  });

  it('keeps no focus on a clicked button, so that the Enter of a scanner presses none', async () => {
    await open('idle');
    const user = userEvent.setup();
    await user.click(screen.getByTestId('control-sound'));
    expect(document.body).toHaveFocus();
    const sound = fake.scene.app.appearance.sound;
    await user.keyboard('{Enter}');
    await waitFor(() => expect(fake.pressed).toEqual([{ key: 'enter' }]));
    expect(fake.scene.app.appearance.sound).toBe(sound);
  });

  it('lets Enter press a button that Tab has just reached, and no longer after a digit', async () => {
    await open('idle');
    const user = userEvent.setup();
    await user.tab();
    expect(document.activeElement).toBeInstanceOf(HTMLButtonElement);
    await user.keyboard('3{Enter}');
    await waitFor(() => expect(fake.pressed).toHaveLength(2));
    expect(fake.pressed.at(-1)).toEqual({ key: 'enter' });
    expect(document.body).toHaveFocus();
  });

  it('shows numbered choices and sends their digit', async () => {
    await open('document');
    expect(screen.getByTestId('choice')).toHaveTextContent('出示了什么？');
    await userEvent.click(screen.getByTestId('choice-2'));
    await waitFor(() => expect(fake.pressed).toEqual([{ key: 'digit', digit: 2 }]));
  });

  it('asks once before it closes the shift', async () => {
    await open('idle');
    const close = vi.spyOn(backend, 'closeShift');
    await userEvent.keyboard('{F10}');
    expect(await screen.findByTestId('close-shift')).toHaveTextContent('2 件待处置尚未了结');
    await userEvent.keyboard('{Escape}');
    await waitFor(() => expect(screen.queryByTestId('close-shift')).toBeNull());
    expect(close).not.toHaveBeenCalled();
    await userEvent.keyboard('{F10}{F10}');
    await waitFor(() => expect(close).toHaveBeenCalledOnce());
  });

  it('says in words and shape that the camera gives no picture, and what to do', async () => {
    await open('no-camera');
    expect(screen.getByTestId('camera-status')).toHaveTextContent('摄像头无画面');
    expect(screen.getByTestId('camera-trouble')).toHaveTextContent('摄像头正被别的程序占用');
  });

  it('says in one line with a picture what would make the code readable, and takes it back', async () => {
    await open('help-far');
    const help = screen.getByTestId('scan-help');
    expect(help).toHaveTextContent('请再靠近一点');
    expect(help).toHaveAttribute('data-help', 'too_far');
    expect(help.querySelector('svg')).not.toBeNull();
    events.doorChanged.send(door({ revision: 9 }));
    await waitFor(() => expect(help).toBeEmptyDOMElement());
  });

  it('has words for every help in both languages, and another picture for each', async () => {
    const scenes = ['far', 'near', 'dark', 'glare', 'blurred', 'covered'];
    const pictures = new Set<string | null | undefined>();
    const words = new Set<string | null>();
    for (const scene of scenes) {
      await open(`help-${scene}`);
      const help = screen.getByTestId('scan-help');
      for (const language of ['zh-CN', 'en'] as const) {
        await speak(language);
        await waitFor(() => expect(help.textContent).not.toContain('scan-help'));
        words.add(help.textContent);
      }
      pictures.add(help.querySelector('path')?.getAttribute('d'));
      cleanup();
      await speak('zh-CN');
    }
    expect(words.size).toBe(2 * scenes.length);
    expect(pictures.size).toBe(scenes.length);
  });

  it('puts the evidence level beside the code', async () => {
    await open('typing');
    const slot = screen.getByTestId('code-slot');
    expect(slot).toHaveTextContent('仅格式相符 · 未经核验');
    expect(slot).toHaveAttribute('data-colour', 'green');
    expect(screen.getByTestId('temperature-slot')).toHaveTextContent('36.5');
  });

  it('takes over what Rust says by itself, and nothing older', async () => {
    await open('idle');
    events.doorChanged.send(door({ revision: 9, prompt: 'say_colour' }));
    await waitFor(() => expect(screen.getByTestId('prompt')).toHaveTextContent('请按键说出颜色'));
    events.doorChanged.send(door({ revision: 8 }));
    expect(screen.getByTestId('prompt')).toHaveTextContent('请按键说出颜色');
  });
});
