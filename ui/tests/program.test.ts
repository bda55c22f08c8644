import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { render, screen, waitFor } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { describe, expect, it } from 'vitest';
import App from '../src/App.svelte';
import { start } from '../src/state/program.svelte';
import { fake } from '../mock/bindings';
import { enter } from './setup';

async function open(scene: string, demo = false): Promise<void> {
  enter(scene);
  fake.scene.app.demo = demo;
  await start();
  render(App);
}

describe('every screen', () => {
  it.each(['fault', 'set_up', 'sign_in', 'shift', 'idle', 'office'])(
    'marks a demonstration: %s',
    async (scene) => {
      await open(scene, true);
      expect(await screen.findByTestId('demo-badge')).toHaveTextContent('演示 DEMO');
    },
  );

  it('carries no mark when it is no demonstration', async () => {
    await open('sign_in');
    expect(screen.queryByTestId('demo-badge')).toBeNull();
  });

  it('switches its language with F2 and its look with F3, and tells Rust', async () => {
    await open('sign_in');
    await userEvent.keyboard('{F2}');
    await waitFor(() =>
      expect(screen.getByRole('heading')).toHaveTextContent('Who is signing in?'),
    );
    expect(document.documentElement.lang).toBe('en');
    await userEvent.keyboard('{F3}');
    expect(document.documentElement.dataset['theme']).toBe('dark');
    await waitFor(() =>
      expect(fake.scene.app.appearance).toEqual({ locale: 'en', theme: 'dark', sound: true }),
    );
  });

  it('hides behind the curtain until F12 and takes no other key meanwhile', async () => {
    await open('sign_in');
    await userEvent.keyboard('{F12}');
    expect(screen.getByTestId('screen-curtain')).toBeInTheDocument();
    await userEvent.keyboard('2');
    expect(screen.queryByTestId('field-pin')).toBeNull();
    await userEvent.keyboard('{F12}');
    expect(screen.queryByTestId('screen-curtain')).toBeNull();
  });

  it('lists its keys with F1 until the next key', async () => {
    await open('idle');
    await screen.findByTestId('verdict-card');
    await userEvent.keyboard('{F1}');
    expect(screen.getByTestId('help')).toHaveTextContent('365 即 36.5 ℃');
    await userEvent.keyboard('3');
    expect(screen.queryByTestId('help')).toBeNull();
  });

  it('says what happened and what to do when the data cannot be used', async () => {
    await open('fault');
    const page = screen.getByTestId('screen-fault');
    expect(page).toHaveTextContent('数据文件已损坏');
    expect(page).toHaveTextContent('/home/gate/.local/share/gatepost');
    expect(page).not.toHaveTextContent('记录都还在');
  });
});

describe('the shipped sources', () => {
  it('know nothing of the stand-in for Rust', () => {
    const files = readdirSync('src', { recursive: true, withFileTypes: true });
    for (const file of files.filter((entry) => entry.isFile())) {
      expect(readFileSync(join(file.parentPath, file.name), 'utf8'), file.name).not.toMatch(/mock/);
    }
  });
});
