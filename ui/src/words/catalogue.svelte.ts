/** Words: one Fluent catalogue per language, shared with exports and command line. */
import { FluentBundle, FluentResource } from '@fluent/bundle';
import zhCn from '../../../assets/locales/zh-CN.ftl?raw';

import type { Locale } from '../ipc/backend';
import type { Key } from './keys';

export type { Key } from './keys';

/** What fills the blanks of a sentence. Numbers choose plurals; print them with `format.number` first. */
export type Blanks = Readonly<Record<string, string | number>>;

const bundles: Partial<Record<Locale, FluentBundle>> = { 'zh-CN': bundleOf('zh-CN', zhCn) };

let current = $state<Locale>('zh-CN');
let wanted: Locale = 'zh-CN';

/** The language of the screen. */
export function locale(): Locale {
  return current;
}

/** Switches the language of every sentence on the screen, as soon as its words are there. */
export async function speak(language: Locale): Promise<void> {
  wanted = language;
  if (language === 'en' && !bundles.en) {
    bundles.en = bundleOf('en', (await import('../../../assets/locales/en.ftl?raw')).default);
  }
  // While the words were fetched, another language may have been asked for.
  if (wanted !== language) return;
  current = language;
  document.documentElement.lang = language;
  document.title = t('app-title');
}

/** The sentence of `key` in the language of the screen. */
export function t(key: Key, blanks: Blanks = {}): string {
  return tIfKnown(key, blanks) ?? key;
}

/** The sentence of a key that is not known before the program runs; `null` when there is none. */
export function tIfKnown(key: string, blanks: Blanks = {}): string | null {
  const bundle = bundles[current];
  const pattern = bundle?.getMessage(key)?.value;
  return bundle && pattern ? bundle.formatPattern(pattern, blanks, []) : null;
}

function bundleOf(language: Locale, source: string): FluentBundle {
  // Isolation marks are for mixed writing directions, which neither language has; in a copied figure they
  // would be invisible rubbish.
  const bundle = new FluentBundle(language, { useIsolating: false });
  bundle.addResource(new FluentResource(source));
  return bundle;
}
