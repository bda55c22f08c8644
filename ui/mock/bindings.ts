/** Stands in for the generated bindings in a browser and in tests: same shape, made-up answers. */
import type {
  CheckView,
  AppView,
  AuditView,
  commands as real,
  DeskError,
  DoorKey,
  DoorView,
  ExportProgress,
  InspectorView,
  LedgerView,
  SettingsView,
  StaffView,
  WitnessingView,
} from '../src/ipc/bindings';
import { entry, log, manager, guard, policy } from './data';
import { inspector, ledger, origin, staff, visit, witnessing } from './ledger';
import { picture } from './picture';
import { scenes } from './scenes';
import type { Scene } from './scenes';

export type * from '../src/ipc/bindings';

type Answer<T> = { status: 'ok'; data: T } | { status: 'error'; error: DeskError };

const parameters = new URLSearchParams(globalThis.location?.search ?? '');

/** What the fake program does; tests change it. */
export const fake = {
  scene: first(),
  settings: {
    policy,
    cameras: [
      { id: 'usb-1', name: 'USB 2.0 Camera' },
      { id: 'usb-2', name: 'HD Webcam C270' },
    ],
    camera: null,
    data_folder: '/home/gate/.local/share/gatepost',
    export_folder: '/home/gate/Documents/Gatepost',
  } satisfies SettingsView as SettingsView,
  rows: log(),
  staff: staff() satisfies StaffView as StaffView,
  ledger: ledger(),
  witnessing: witnessing.hello as WitnessingView,
  inspector: inspector(),
  /** Every key of the door, in the order in which it arrived. */
  pressed: [] as DoorKey[],
  scanned: [] as string[],
};

/** Everything back to how it begins, in a scene. */
export function reset(scene: Scene): void {
  fake.scene = scene;
  fake.rows = log();
  fake.staff = staff();
  fake.ledger = scene.ledger ?? ledger();
  fake.witnessing = scene.witnessing ?? witnessing.hello;
  fake.inspector = scene.inspector ?? inspector();
  fake.pressed = [];
  fake.scanned = [];
}

function first(): Scene {
  const scene = (scenes[parameters.get('scene') ?? 'idle'] ?? scenes['idle'])?.();
  if (!scene) throw new Error('the scene "idle" exists');
  scene.app.appearance.locale = parameters.get('locale') === 'en' ? 'en' : 'zh-CN';
  const theme = parameters.get('theme');
  scene.app.appearance.theme = theme === 'dark' || theme === 'sunlight' ? theme : 'light';
  scene.app.demo = parameters.has('demo');
  return scene;
}

class Event<T> {
  #ears = new Set<(event: { payload: T }) => void>();
  listen = (ear: (event: { payload: T }) => void): Promise<() => void> => {
    this.#ears.add(ear);
    return Promise.resolve(() => this.#ears.delete(ear));
  };
  send(payload: T): void {
    for (const ear of this.#ears) ear({ payload });
  }
}

reset(fake.scene);

export const events = {
  appChanged: new Event<AppView>(),
  doorChanged: new Event<DoorView>(),
  exportProgressed: new Event<ExportProgress>(),
  auditChanged: new Event<AuditView>(),
  witnessingChanged: new Event<WitnessingView>(),
  inspectorChanged: new Event<InspectorView>(),
};

const ok = <T>(data: T): Promise<Answer<T>> => Promise.resolve({ status: 'ok', data });
const no = (error: DeskError): Promise<Answer<never>> =>
  Promise.resolve({ status: 'error', error });
const later = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

function go(stage: AppView['stage']): Promise<Answer<AppView>> {
  fake.scene.app = { ...fake.scene.app, stage };
  return ok(fake.scene.app);
}

export const commands: typeof real = {
  app: () => ok(fake.scene.app),
  setUp: (form) => {
    if (form.venue === '') return no({ code: 'name_missing', field: 'venue' });
    if (form.manager_pin.length < 6) return no({ code: 'pin_too_simple' });
    return go(scenes['sign_in']?.().app.stage ?? { at: 'set_up' });
  },
  signIn: (person, pin) => {
    if (pin === '000000') return no({ code: 'locked_out', seconds: 30 });
    if (pin !== '246810') return no({ code: 'wrong_pin', tries_left: 4 });
    const scene = person === manager.number ? scenes['office'] : scenes['shift'];
    return go(scene?.().app.stage ?? { at: 'set_up' });
  },
  signOut: () => go(scenes['sign_in']?.().app.stage ?? { at: 'set_up' }),
  openShift: () => go(scenes['idle']?.().app.stage ?? { at: 'set_up' }),
  closeShift: () => go(scenes['shift']?.().app.stage ?? { at: 'set_up' }),
  door: () => ok(fake.scene.door),
  handScan: (typed) => {
    fake.scanned.push(typed);
    return commands.door();
  },
  press: (key) => {
    fake.pressed.push(key);
    fake.scene.door = { ...fake.scene.door, revision: fake.scene.door.revision + 1 };
    return ok(fake.scene.door);
  },
  watchPreview: async (channel) => {
    if (fake.scene.door.camera.status === 'live') {
      const message = await picture(fake.scene.door.help === null);
      if (message) channel.onmessage(message);
    }
    return ok(null);
  },
  previewShown: () => ok(null),
  entries: async (filter, before, limit) => {
    if (fake.scene.refuses) return no({ code: 'store', fault: 'locked' });
    if (fake.scene.empty) return ok({ rows: [], older: null });
    const rows = fake.rows.filter(
      (row) =>
        (before === null || row.position < before) &&
        (filter.verdict === null || row.verdict === filter.verdict) &&
        (!filter.corrected_only || row.voided !== null || row.follows !== null),
    );
    const page = rows.slice(0, limit);
    return ok({ rows: page, older: rows.length > limit ? (page.at(-1)?.position ?? null) : null });
  },
  figures: () =>
    fake.scene.empty
      ? ok({
          counts: { admitted: 0, held: 0, refused: 0, by_hand: 0 },
          median_temperature: null,
          low_readings: 0,
          voided: 0,
          week_before: null,
          records: 0,
        })
      : ok({
          counts: { admitted: 1281, held: 11, refused: 3, by_hand: 1 },
          median_temperature: 364,
          low_readings: 6,
          voided: 2,
          week_before: 1232,
          records: 248120,
        }),
  filterChoices: () =>
    ok({
      today: '2026-11-23',
      days: fake.scene.empty ? [] : ['2026-11-23', '2026-11-22', '2026-11-21', '2026-11-20'],
      gates: ['东门'],
      guards: [guard],
    }),
  exportEntries: async (_filter, format) => {
    for (const done of [400, 800, 1200]) {
      events.exportProgressed.send({ done, total: 1284 });
      await later(parameters.has('slow') ? 60_000 : 30);
    }
    return ok({
      path: `/home/gate/Documents/Gatepost/entries-2026-11-23.${format}`,
      rows: 1284,
      position: 248121,
    });
  },
  voidEntry: (position, reason, note) => {
    if (reason === 'other' && note === '') return no({ code: 'note_missing' });
    const row = fake.rows.find((row) => row.position === position) ?? entry({ position });
    const voided = { ...row, voided: { position: 1290, reason, note } };
    fake.rows = fake.rows.map((row) => (row.position === position ? voided : row));
    return ok(voided);
  },
  settings: () => ok(fake.settings),
  setPolicy: (policy) => {
    if (policy.low_limit >= policy.fever_threshold) {
      return no({ code: 'policy', refusal: 'nothing_is_normal' });
    }
    fake.settings = { ...fake.settings, policy };
    return ok(fake.settings);
  },
  chooseCamera: (camera) => {
    fake.settings = { ...fake.settings, camera };
    return ok(fake.settings);
  },
  setAppearance: (appearance) => {
    fake.scene.app = { ...fake.scene.app, appearance };
    return ok(fake.scene.app);
  },
  showExports: () => ok(null),

  staff: () => ok(fake.staff),
  addPerson: ({ name, role, pin }) => {
    if (name === '') return no({ code: 'name_missing', field: 'name' });
    if (pin.length < 6) return no({ code: 'pin_too_simple' });
    const number = fake.staff.rows.length + 1;
    const person = { number, name, masked: `${name.slice(0, 1)}*`, role };
    fake.staff = { rows: [...fake.staff.rows, { person, active: true, you: false }] };
    return ok(fake.staff);
  },
  resetPin: (_person, pin) => (pin.length < 6 ? no({ code: 'pin_too_simple' }) : ok(fake.staff)),
  changePin: (old, pin) => {
    if (old !== '246810') return no({ code: 'wrong_pin', tries_left: 4 });
    return pin.length < 6 ? no({ code: 'pin_too_simple' }) : ok(null);
  },
  closeAccount: (number) => {
    const rows = fake.staff.rows.map((row) =>
      row.person.number === number ? { ...row, active: false } : row,
    );
    fake.staff = { rows };
    return ok(fake.staff);
  },

  ledger: () => (fake.scene.refuses ? no({ code: 'store', fault: 'locked' }) : ok(fake.ledger)),
  auditNow: () => ok({ state: 'running', checked: 0, of: fake.ledger.seal.size }),
  printSeal: () => made('seal-248120.pdf'),
  answerDate: ({ day }) => {
    if (day === fake.scene.app.asks_date) fake.scene.app = { ...fake.scene.app, asks_date: null };
    return ok(fake.scene.app);
  },
  makeCertificate: async (position) => {
    const sheet = await made(`certificate-${position}.html`);
    const proof = await made(`certificate-${position}.tlog-proof`);
    if (sheet.status === 'error' || proof.status === 'error') return no({ code: 'not_found' });
    return ok({ sheet: sheet.data, proof: proof.data });
  },
  makeBundle: async ({ disclose, reason }) => {
    if (disclose.includes(999)) return no({ code: 'not_found' });
    if (disclose.length > 0 && reason === '') return no({ code: 'note_missing' });
    return made('bundle-2026-11-23.zip');
  },
  makeBackup: () => made('backup-2026-11-23'),
  setRetention: (policy) => {
    if (policy.visitor_days === 0) return no({ code: 'retention_out_of_range' });
    return changeLedger({ retention: { ...fake.ledger.retention, policy } });
  },
  placeHold: (hold) => {
    if (!/^\d{4}-\d\d-\d\d$/.test(hold.from)) return no({ code: 'not_a_day' });
    if (hold.to < hold.from) return no({ code: 'hold_reversed' });
    const holds = [...fake.ledger.retention.holds, hold];
    return changeLedger({ retention: { ...fake.ledger.retention, holds } });
  },
  liftHold: ({ from }) => {
    const holds = fake.ledger.retention.holds.filter((hold) => hold.from !== from);
    return changeLedger({ retention: { ...fake.ledger.retention, holds } });
  },
  confirmClock: () =>
    changeLedger({ retention: { ...fake.ledger.retention, waits_for_the_clock: false } }),
  changeKey: () =>
    changeLedger({ keys: { ...fake.ledger.keys, changes: fake.ledger.keys.changes + 1 } }),
  keepKeysIn: (vault) =>
    vault === 'keychain'
      ? no({ code: 'no_keychain' })
      : changeLedger({ keys: { ...fake.ledger.keys, vault } }),

  beginWitnessing: () => ok(fake.witnessing),
  witnessing: () => ok(fake.witnessing),
  witnessTyped: (typed) => {
    fake.scanned.push(typed);
    return ok(witnessing.request);
  },
  endWitnessing: () => ok({ step: 'idle' }),

  useAsInspector: () => go({ at: 'inspector' }),
  leaveInspector: () => go({ at: 'set_up' }),
  inspector: () => ok(fake.inspector),
  beginVisit: (known) => visiting({ ...visit.hello, origin: known }),
  trustFirstContact: () => visiting({ ...visit.cosigned, before: null }),
  endVisit: () => visiting(visit.idle),
  inspectorTyped: (typed) => {
    fake.scanned.push(typed);
    return visiting(visit.cosigned);
  },
  checkFile: (path) => {
    const audit = { state: 'running', checked: 0, of: 248120 } as const;
    const check: CheckView = {
      path,
      origin,
      audit,
      part: null,
      words: [],
      witnesses: [],
      continues: null,
    };
    fake.inspector = { ...fake.inspector, check };
    return ok(fake.inspector);
  },
};

function made(name: string) {
  return ok({
    path: `/home/gate/Documents/Gatepost/${name}`,
    kilobytes: 1204,
    sha256: '5ad1f0c3'.repeat(8),
  });
}

function changeLedger(change: Partial<LedgerView>): Promise<Answer<LedgerView>> {
  fake.ledger = { ...fake.ledger, ...change };
  return ok(fake.ledger);
}

function visiting(step: InspectorView['step']): Promise<Answer<InspectorView>> {
  fake.inspector = { ...fake.inspector, step };
  return ok(fake.inspector);
}
