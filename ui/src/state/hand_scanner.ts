import { Burst } from './burst';
import { isComposing } from './screen_keys';

/**
 * Hands every code that a hand scanner types to `scanned`, until the returned function is called. Other keys keep
 * their meaning, and so does whatever is typed into a field.
 */
export function listenToScanner(scanned: (typed: string) => void): () => void {
  const burst = new Burst<KeyboardEvent>(scanned, () => undefined);
  const onkeydown = (event: KeyboardEvent): void => {
    if (isComposing(event) || event.target instanceof HTMLInputElement) return;
    // A space within a code and the Enter that ends it must press no button.
    const ends = (event.key === 'Enter' || event.key === 'Tab') && burst.holdsCode;
    if (ends || (event.key === ' ' && burst.isRunning)) {
      event.preventDefault();
      event.stopPropagation();
    }
    burst.take(event);
  };
  document.addEventListener('keydown', onkeydown, { capture: true });
  return () => {
    burst.drop();
    document.removeEventListener('keydown', onkeydown, { capture: true });
  };
}
