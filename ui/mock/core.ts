/** Stands in for Tauri's channel in a browser and in tests. */
export class Channel<T> {
  onmessage: (message: T) => void = () => undefined;
}
