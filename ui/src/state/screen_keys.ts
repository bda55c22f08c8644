/** The keys of every screen, and the webview's own keys that must never reach it. */

/** What a key means on every screen. */
export type ScreenKey = 'help' | 'language' | 'theme' | 'sound' | 'curtain';

const BY_NAME: Readonly<Record<string, ScreenKey>> = {
  F1: 'help',
  F2: 'language',
  F3: 'theme',
  F4: 'sound',
  F12: 'curtain',
};

/** What `event` means on every screen; `null` when the screen itself decides. */
export function screenKey(event: KeyboardEvent): ScreenKey | null {
  if (event.ctrlKey || event.altKey || event.metaKey || event.repeat) return null;
  return BY_NAME[event.key] ?? null;
}

/** Whether an input method is composing: such a key belongs to it alone. */
export function isComposing(event: KeyboardEvent): boolean {
  // 229 is how a webview tells of the first key of a composition, before the composition has begun.
  return event.isComposing || event.keyCode === 229;
}

/** Whether the webview would reload, leave or close the page, zoom it, print it or search in it. */
export function leavesThePage(event: KeyboardEvent): boolean {
  const control = event.ctrlKey || event.metaKey;
  if (event.key === 'F5' || event.key === 'F7' || event.key === 'BrowserBack') return true;
  if (event.altKey && (event.key === 'ArrowLeft' || event.key === 'ArrowRight')) return true;
  return (
    control &&
    ['r', 'w', 'p', 'f', 'g', 's', 'o', 'u', '+', '-', '=', '0'].includes(event.key.toLowerCase())
  );
}
