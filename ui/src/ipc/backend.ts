/**
 * The only door between the screens and Rust. Every other file imports from here.
 *
 * A refusal is a value: each call answers `{ status: 'ok', data }` or `{ status: 'error', error }` and does
 * not throw for anything Rust says.
 */
import { Channel } from '@tauri-apps/api/core';

import { commands, events } from './bindings';
import type { AppView, DeskError, DoorKey, DoorView, ExportProgress } from './bindings';
import { InOrder } from './in_order';

export type * from './bindings';

/** What Rust answered. */
export type Answer<T> = { status: 'ok'; data: T } | { status: 'error'; error: DeskError };

/** Stops listening. */
export type Unlisten = () => void;

const keys = new InOrder<Answer<DoorView>>();

export const backend = {
  app: commands.app,
  setUp: commands.setUp,
  signIn: commands.signIn,
  signOut: commands.signOut,
  openShift: commands.openShift,
  closeShift: commands.closeShift,
  door: commands.door,
  entries: commands.entries,
  figures: commands.figures,
  filterChoices: commands.filterChoices,
  exportEntries: commands.exportEntries,
  voidEntry: commands.voidEntry,
  settings: commands.settings,
  setPolicy: commands.setPolicy,
  chooseCamera: commands.chooseCamera,
  setAppearance: commands.setAppearance,
  showExports: commands.showExports,

  /** Hands one key of the door to Rust. Keys arrive there in the order in which they were pressed. */
  press: (key: DoorKey): Promise<Answer<DoorView>> => keys.add(() => commands.press(key)),

  /** Hands over what a hand scanner typed, in its order among the keys. */
  handScan: (typed: string): Promise<Answer<DoorView>> => keys.add(() => commands.handScan(typed)),

  /**
   * Calls `show` with every preview message until another caller watches. The next message comes only
   * after {@link previewShown}.
   */
  watchPreview(show: (message: ArrayBuffer) => void): Promise<Answer<null>> {
    const channel = new Channel<ArrayBuffer>();
    channel.onmessage = show;
    return commands.watchPreview(channel);
  },
  previewShown: commands.previewShown,

  onAppChanged: (hear: (view: AppView) => void): Promise<Unlisten> =>
    events.appChanged.listen((event) => hear(event.payload)),
  onDoorChanged: (hear: (view: DoorView) => void): Promise<Unlisten> =>
    events.doorChanged.listen((event) => hear(event.payload)),
  onExportProgress: (hear: (progress: ExportProgress) => void): Promise<Unlisten> =>
    events.exportProgressed.listen((event) => hear(event.payload)),
};
