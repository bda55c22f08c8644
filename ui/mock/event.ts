/** Stands in for Tauri's events of the window itself in a browser and in tests. */
type Ear = (event: { payload: unknown }) => void;

const ears = new Map<string, Set<Ear>>();

/** As Tauri's `listen`. */
export function listen<T>(name: string, ear: (event: { payload: T }) => void): Promise<() => void> {
  const all = ears.get(name) ?? new Set();
  ears.set(name, all.add(ear as Ear));
  return Promise.resolve(() => void all.delete(ear as Ear));
}

/** Sends an event of the window. */
export function emit(name: string, payload: unknown): void {
  for (const ear of ears.get(name) ?? []) ear({ payload });
}
