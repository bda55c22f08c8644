import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { svelteTesting } from '@testing-library/svelte/vite';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Comments, and the messages that Rust alone says. */
const NOT_OF_THE_SCREENS = /^(?:#|export-|cli-|seal_sheet-|[\w-]+-file_name )/;

/** Leaves the words of exports, the command line and comments out of the catalogues that the screens load. */
const wordsOfTheScreens: Plugin = {
  name: 'words-of-the-screens',
  enforce: 'pre',
  load(id) {
    if (!id.endsWith('.ftl?raw')) return null;
    const file = id.slice(0, -'?raw'.length);
    this.addWatchFile(file);
    const messages = readFileSync(file, 'utf8').split(/^(?=\S)/m);
    const spoken = messages.filter((message) => !NOT_OF_THE_SCREENS.test(message));
    return `export default ${JSON.stringify(spoken.join('').replace(/\n{2,}/g, '\n'))};`;
  },
};

/**
 * In `mock` and `test` mode the bindings to Rust are replaced by the ones under `mock/`, so that the
 * screens can be looked at in a browser. The production bundle is built from the real ones only: nothing
 * under `src/` names `mock/`.
 */
export default defineConfig(({ mode }) => ({
  plugins: [wordsOfTheScreens, svelte(), ...(mode === 'test' ? [svelteTesting()] : [])],
  resolve: {
    alias:
      mode === 'mock' || mode === 'test'
        ? [
            { find: /^\.\/bindings$/, replacement: here('./mock/bindings.ts') },
            { find: '@tauri-apps/api/core', replacement: here('./mock/core.ts') },
            { find: '@tauri-apps/api/event', replacement: here('./mock/event.ts') },
          ]
        : [],
  },
  server: { port: 5173, strictPort: true, fs: { allow: ['..'] } },
  build: {
    // WebKitGTK 2.42 of Debian 12, WebView2, and the WKWebView of macOS 13.
    target: ['es2022', 'safari16'],
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    outDir: mode === 'mock' ? 'node_modules/.mock-dist' : 'dist',
    emptyOutDir: true,
  },
  test: {
    environment: 'jsdom',
    include: ['tests/**/*.test.ts'],
    setupFiles: ['tests/setup.ts'],
    restoreMocks: true,
  },
}));
