/** The device's clock, once a second while a screen looks at it. */
import { createSubscriber } from 'svelte/reactivity';

const subscribe = createSubscriber((update) => {
  let timer: ReturnType<typeof setTimeout>;
  const tick = (): void => {
    // Just after the full second, so that no second is shown twice or left out.
    timer = setTimeout(tick, 1005 - (Date.now() % 1000));
    update();
  };
  timer = setTimeout(tick, 1005 - (Date.now() % 1000));
  return () => clearTimeout(timer);
});

/** Now, in milliseconds; reading it keeps the reader up to date. */
export function now(): number {
  subscribe();
  return Date.now();
}
