/**
 * The only door between the screens and Rust. Every other file imports from here.
 *
 * A refusal is a value: each call answers `{ status: 'ok', data }` or `{ status: 'error', error }` and does
 * not throw for anything Rust says.
 */
import { Channel } from '@tauri-apps/api/core';
import { listen } from '@tauri-apps/api/event';

import { commands, events } from './bindings';
import type {
  AppView,
  AuditView,
  DeskError,
  DoorKey,
  DoorView,
  ExportProgress,
  InspectorView,
  WitnessingView,
} from './bindings';
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
  staff: commands.staff,
  addPerson: commands.addPerson,
  resetPin: commands.resetPin,
  changePin: commands.changePin,
  closeAccount: commands.closeAccount,
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
  ledger: commands.ledger,
  auditNow: commands.auditNow,
  printSeal: commands.printSeal,
  answerDate: commands.answerDate,
  makeCertificate: commands.makeCertificate,
  makeBundle: commands.makeBundle,
  makeBackup: commands.makeBackup,
  setRetention: commands.setRetention,
  placeHold: commands.placeHold,
  liftHold: commands.liftHold,
  confirmClock: commands.confirmClock,
  changeKey: commands.changeKey,
  keepKeysIn: commands.keepKeysIn,
  witnessing: commands.witnessing,
  beginWitnessing: commands.beginWitnessing,
  witnessTyped: commands.witnessTyped,
  endWitnessing: commands.endWitnessing,
  useAsInspector: commands.useAsInspector,
  leaveInspector: commands.leaveInspector,
  inspector: commands.inspector,
  beginVisit: commands.beginVisit,
  trustFirstContact: commands.trustFirstContact,
  endVisit: commands.endVisit,
  inspectorTyped: commands.inspectorTyped,
  checkFile: commands.checkFile,

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
  onAuditChanged: (hear: (audit: AuditView) => void): Promise<Unlisten> =>
    events.auditChanged.listen((event) => hear(event.payload)),
  onWitnessingChanged: (hear: (view: WitnessingView) => void): Promise<Unlisten> =>
    events.witnessingChanged.listen((event) => hear(event.payload)),
  onInspectorChanged: (hear: (view: InspectorView) => void): Promise<Unlisten> =>
    events.inspectorChanged.listen((event) => hear(event.payload)),

  /** Calls `hear` with the path of a file or folder that was dropped onto the window, the first of several. */
  onFileDropped: (hear: (path: string) => void): Promise<Unlisten> =>
    listen<{ paths: string[] }>('tauri://drag-drop', ({ payload: { paths } }) => {
      const [first] = paths;
      if (first !== undefined) hear(first);
    }),
};
