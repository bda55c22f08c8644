import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FluentResource } from '@fluent/bundle';
import { describe, expect, it } from 'vitest';
import { keysModule } from '../keys.mjs';
import { speak, t, tIfKnown } from '../src/words/catalogue.svelte';

const read = (path: string): string => readFileSync(path, 'utf8');
const catalogue = (language: string): string => read(`../assets/locales/${language}.ftl`);
const keysOf = (source: string): string[] =>
  [...source.matchAll(/^([a-zA-Z][\w-]*) =/gm)].map((match) => match[1] ?? '');
const ofTheScreen = (key: string): boolean =>
  !/^(?:export|cli|seal_sheet|destruction_sheet)-|-file_name$/.test(key);

function sources(folder: string): string {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(?:ts|svelte)$/.test(entry.name))
    .filter((entry) => entry.name !== 'keys.ts' && entry.name !== 'bindings.ts')
    .map((entry) => read(join(entry.parentPath, entry.name)))
    .join('\n');
}

describe('the catalogue', () => {
  it('has the same messages in both languages, each once', () => {
    const chinese = keysOf(catalogue('zh-CN'));
    const english = keysOf(catalogue('en'));
    expect(english.sort()).toEqual(chinese.sort());
    expect(new Set(chinese).size).toBe(chinese.length);
  });

  it('is understood by Fluent to the last message', () => {
    for (const language of ['zh-CN', 'en']) {
      const { body } = new FluentResource(catalogue(language));
      expect(body.map((message) => message.id)).toEqual(keysOf(catalogue(language)));
    }
  });

  it('is the one the type of keys was generated from', () => {
    expect(read('src/words/keys.ts')).toBe(keysModule(catalogue('zh-CN')));
  });

  it('has every key that the screens name, and the screens name every key', () => {
    const code = sources('src');
    const known = new Set(keysOf(catalogue('zh-CN')));
    const named = [...code.matchAll(/\b(?:t|tIfKnown)\(\s*'([\w-]+)'/g)].map((match) => match[1]);
    expect(named.filter((key) => key === undefined || !known.has(key))).toEqual([]);

    const prefixes = [...code.matchAll(/`([a-z_-]+-)\$\{/g)].map((match) => match[1] ?? '');
    const unused = [...known]
      .filter(ofTheScreen)
      .filter((key) => !code.includes(`'${key}'`))
      .filter((key) => !prefixes.some((prefix) => key.startsWith(prefix)));
    expect(unused).toEqual([]);
  });

  it('says why and what to do for every cause that the camera names', () => {
    const rust = read('../src-tauri/crates/camera/src/fault.rs');
    const causes = [...rust.matchAll(/=> "(camera-[a-z-]+)"/g)].map((match) => match[1] ?? '');
    expect(causes.length).toBeGreaterThan(0);
    // A corrupt frame, a failed driver and a thread that did not start have one general sentence.
    const general = ['camera-frame-corrupt', 'camera-driver-failed', 'camera-driver-panicked'];
    for (const cause of causes) {
      if (general.includes(cause) || cause === 'camera-no-thread') continue;
      expect(tIfKnown(`camera-reason-${cause}`), cause).not.toBeNull();
      expect(tIfKnown(`camera-do-${cause}`), cause).not.toBeNull();
    }
  });

  it('switches at run time and puts no invisible marks around values', async () => {
    expect(t('entry-written', { position: '1,284' })).toBe('第 1,284 号已入账');
    await speak('en');
    expect(t('entry-written', { position: '1,284' })).toBe('Recorded as no. 1,284');
    expect(document.documentElement.lang).toBe('en');
  });

  it('stays in the language that was asked for last', async () => {
    const english = speak('en');
    await speak('zh-CN');
    await english;
    expect(t('verdict-admit')).toBe('放行');
  });
});
