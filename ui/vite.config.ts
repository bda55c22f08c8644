import { fileURLToPath } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { svelteTesting } from '@testing-library/svelte/vite';
import { defineConfig } from 'vitest/config';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/**
 * In `mock` and `test` mode the bindings to Rust are replaced by the ones under `mock/`, so that the
 * screens can be looked at in a browser. The production bundle is built from the real ones only: nothing
 * under `src/` names `mock/`.
 */
export default defineConfig(({ mode }) => ({
  plugins: [svelte(), ...(mode === 'test' ? [svelteTesting()] : [])],
  resolve: {
    alias:
      mode === 'mock' || mode === 'test'
        ? [
            { find: /^\.\/bindings$/, replacement: here('./mock/bindings.ts') },
            { find: '@tauri-apps/api/core', replacement: here('./mock/core.ts') },
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
