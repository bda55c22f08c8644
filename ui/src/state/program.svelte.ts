import { untrack } from 'svelte';
import { backend } from '../ipc/backend';
import type { Answer, Appearance, AppView, DeskError, Locale, Stage, Theme } from '../ipc/backend';
import { speak } from '../words/catalogue.svelte';

const THEMES: readonly Theme[] = ['light', 'dark', 'sunlight'];
const LOOK = 'gatepost-look';

/** Where the program is, as far as Rust told. */
export type Program =
  { state: 'starting' } | { state: 'silent' } | { state: 'running'; app: AppView };

let program = $state.raw<Program>({ state: 'starting' });

/** The whole program as the screens see it. */
export function current(): Program {
  return program;
}

/** Takes over what Rust says about the program. */
export function take(app: AppView): void {
  program = { state: 'running', app };
  show(app.appearance);
  document.documentElement.dataset.room = roomOf(app.stage);
}

/** The date that whoever is signed in should be asked for; null where nobody should be. */
export function askedDate(): string | null {
  return program.state === 'running' ? program.app.asks_date : null;
}

/** Asks Rust where the program is and listens from then on. */
export async function start(): Promise<void> {
  try {
    await backend.onAppChanged(take);
    const answer = await backend.app();
    if (answer.status === 'ok') take(answer.data);
    else program = { state: 'silent' };
  } catch {
    program = { state: 'silent' };
  }
}

/** Takes over the program from the answer of a command; hands back the refusal, if it is one. */
export function takeAnswer(answer: Answer<AppView>): DeskError | null {
  if (answer.status === 'error') return answer.error;
  take(answer.data);
  return null;
}

/**
 * Calls `again` whenever the program has changed since the component was made: Rust writes some words itself, and
 * they follow the language once Rust knows of it. To be called while a component is made.
 */
export function whenProgramChanges(again: () => void): void {
  const before = program;
  $effect(() => {
    if (program !== before) untrack(again);
  });
}

/** The look and sound of now. */
export function appearance(): Appearance {
  return program.state === 'running'
    ? program.app.appearance
    : { locale: 'zh-CN', theme: 'light', sound: true };
}

/** Changes the language, look or sound at once, and tells Rust. */
export async function changeAppearance(change: Partial<Appearance>): Promise<void> {
  const wanted = { ...appearance(), ...change };
  show(wanted);
  if (program.state !== 'running') return;
  program = { state: 'running', app: { ...program.app, appearance: wanted } };
  takeAnswer(await backend.setAppearance(wanted));
}

/** 中文 ↔ English. */
export function nextLocale(): Promise<void> {
  return changeAppearance({ locale: appearance().locale === 'en' ? 'zh-CN' : 'en' });
}

/** Light → dark → sunlight. */
export function nextTheme(): Promise<void> {
  const next = (THEMES.indexOf(appearance().theme) + 1) % THEMES.length;
  return changeAppearance({ theme: THEMES[next] ?? 'light' });
}

/** Sound on ↔ off. */
export function toggleSound(): Promise<void> {
  return changeAppearance({ sound: !appearance().sound });
}

/** Speaks the language of the last time before Rust has answered; `look.js` does the same for the colours. */
export async function speakAsLastTime(): Promise<void> {
  const [, locale] = lastLook().split(' ');
  await speak(locale === 'en' ? 'en' : 'zh-CN');
}

function lastLook(): string {
  try {
    return localStorage.getItem(LOOK) ?? '';
  } catch {
    return '';
  }
}

function show({ theme, locale }: { theme: Theme; locale: Locale }): void {
  document.documentElement.dataset.theme = theme;
  void speak(locale);
  try {
    localStorage.setItem(LOOK, `${theme} ${locale}`);
  } catch {
    // Without storage the first paint is light; Rust still remembers.
  }
}

function roomOf(stage: Stage): 'door' | 'office' {
  return stage.at === 'office' || stage.at === 'inspector' ? 'office' : 'door';
}
