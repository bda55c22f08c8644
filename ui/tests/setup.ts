import '@testing-library/jest-dom/vitest';
import { beforeEach, vi } from 'vitest';
import { speak } from '../src/words/catalogue.svelte';
import { reset } from '../mock/bindings';
import { scenes } from '../mock/scenes';

// jsdom draws nothing and measures nothing.
HTMLCanvasElement.prototype.getContext = () => null;
globalThis.ResizeObserver = class {
  observe(): void {}
  unobserve(): void {}
  disconnect(): void {}
};

beforeEach(async () => {
  vi.useRealTimers();
  localStorage.clear();
  await speak('zh-CN');
  enter('idle');
});

/** Puts the fake program into a named scene. */
export function enter(name: string): void {
  const scene = scenes[name]?.();
  if (!scene) throw new Error(`no scene is called ${name}`);
  reset(scene);
}
