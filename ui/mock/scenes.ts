/** Named states of the program, chosen by `?scene=` in the browser. */
import type {
  AppView,
  DoorView,
  InspectorView,
  LedgerView,
  WitnessingView,
} from '../src/ipc/bindings';
import { app, door, entry, guard, manager, suishen, supervisor, venue, yuekang } from './data';
import { inspector, ledger, visit, witnessing, words } from './ledger';

export type Scene = {
  app: AppView;
  door: DoorView;
  empty?: boolean;
  refuses?: boolean;
  ledger?: LedgerView;
  witnessing?: WitnessingView;
  inspector?: InspectorView;
};

const STAYS_MS = 600_000;

function atDoor(change: Partial<DoorView>): Scene {
  return { app: app(), door: door(change) };
}

function at(stage: AppView['stage']): Scene {
  return { app: app({ stage }), door: door() };
}

function verdict(change: Parameters<typeof entry>[0], more: Partial<DoorView> = {}): Scene {
  return atDoor({ card: { entry: entry(change), took_ms: 91.2, stays_ms: STAYS_MS }, ...more });
}

const green = {
  shown: 'decoded',
  issuer: suishen,
  age_seconds: 8,
  out_of_date: false,
  colour: 'green',
  colour_source: 'camera',
  evidence: 'structure_only',
  first_seen_at: null,
} as const;

export const scenes: Readonly<Record<string, () => Scene>> = {
  idle: () => atDoor({}),
  'idle-first': () =>
    atDoor({ cases: [], recent: [], counts: { admitted: 0, held: 0, refused: 0, by_hand: 0 } }),
  admit: () => verdict({}),
  hold: () =>
    atDoor({
      prompt: 'confirm_fever',
      fever_preview: true,
      visitor: { code: green, typed: '', temperature: 376, mask: 'worn', follows: null },
    }),
  low: () => verdict({ temperature: 348, verdict: 'hold', reasons: ['low_temperature'] }),
  check: () =>
    verdict({
      colour: 'yellow_orange',
      issuer: yuekang,
      mask: 'not_worn',
      verdict: 'hold',
      reasons: ['yellow_code', 'no_mask', 'stale_code', 'repeated_code'],
    }),
  refuse: () =>
    verdict({ colour: 'red', temperature: 376, verdict: 'refuse', reasons: ['red_code', 'fever'] }),
  'by-hand': () =>
    verdict(
      {
        shown: 'nothing',
        issuer: null,
        age_seconds: null,
        colour: null,
        colour_source: null,
        evidence: 'none',
        verdict: 'check_by_hand',
        fault: 'camera_no_picture',
      },
      { camera: { status: 'no_picture', reason: 'camera-absent' } },
    ),
  'no-camera': () => atDoor({ camera: { status: 'no_picture', reason: 'camera-busy' } }),
  'help-far': () => atDoor({ help: 'too_far' }),
  'help-near': () => atDoor({ help: 'too_near' }),
  'help-dark': () => atDoor({ help: 'too_dark' }),
  'help-glare': () => verdict({}, { help: 'glare' }),
  'help-blurred': () => atDoor({ help: 'blurred' }),
  'help-covered': () => atDoor({ help: 'partly_covered' }),
  typing: () =>
    atDoor({
      prompt: 'type_temperature',
      visitor: { code: green, typed: '365', temperature: null, mask: 'put_on', follows: 1276 },
      waiting: [green, { ...green, colour: 'red' }],
    }),
  colour: () =>
    atDoor({
      prompt: 'say_colour',
      visitor: {
        code: {
          ...green,
          colour: null,
          colour_source: null,
          out_of_date: true,
          evidence: 'none',
          issuer: null,
        },
        typed: '',
        temperature: null,
        mask: 'worn',
        follows: null,
      },
    }),
  range: () =>
    atDoor({
      prompt: 'out_of_range',
      visitor: {
        code: { ...green, first_seen_at: '2026-11-23T10:19:00+08:00' },
        typed: '999',
        temperature: null,
        mask: 'not_worn',
        follows: null,
      },
    }),
  document: () => atDoor({ prompt: 'choose_document' }),
  void: () => verdict({}, { prompt: 'choose_void_reason' }),
  case: () =>
    atDoor({
      prompt: 'choose_case',
      cases: [
        ...door().cases,
        entry({ position: 1280, verdict: 'refuse', reasons: ['red_code'], colour: 'red' }),
        entry({ position: 1281, verdict: 'hold', reasons: ['no_mask'] }),
        entry({ position: 1282, verdict: 'hold', reasons: ['low_temperature'], temperature: 342 }),
      ],
    }),
  fault: () => at({ at: 'fault', fault: 'damaged', folder: '/home/gate/.local/share/gatepost' }),
  set_up: () => at({ at: 'set_up' }),
  sign_in: () =>
    at({
      at: 'sign_in',
      venue,
      people: [
        manager,
        guard,
        { number: 3, name: 'Mary-Ann Doorkeeper', masked: 'M*', role: 'guard' },
      ],
      demo_pins: null,
    }),
  shift: () => at({ at: 'shift', venue, person: guard, camera: door().camera }),
  'shift-no-camera': () =>
    at({
      at: 'shift',
      venue,
      person: guard,
      camera: { status: 'no_picture', reason: 'camera-stalled' },
    }),
  'shift-date': () => ({
    app: app({
      asks_date: '2026-11-23',
      stage: { at: 'shift', venue, person: guard, camera: door().camera },
    }),
    door: door(),
  }),
  'ledger-date': () => ({
    app: app({ asks_date: '2026-11-23', stage: { at: 'office', venue, person: manager } }),
    door: door(),
    ledger: ledger({ retention: { ...ledger().retention, waits_for_the_clock: true } }),
  }),
  office: () => at({ at: 'office', venue, person: manager }),
  'office-empty': () => ({ ...at({ at: 'office', venue, person: manager }), empty: true }),
  'office-inspector': () => at({ at: 'office', venue, person: supervisor }),
  'office-refused': () => ({ ...at({ at: 'office', venue, person: manager }), refuses: true }),
  alarms: () => ({
    app: app({
      alarms: { disk: true, reserve_used: false, ledger_broken: true, clock_unconfirmed: true },
      stage: { at: 'office', venue, person: manager },
    }),
    door: door(),
  }),
  'door-alarm': () => ({
    app: app({
      alarms: { disk: true, reserve_used: true, ledger_broken: false, clock_unconfirmed: true },
    }),
    door: door(),
  }),
  'ledger-new': () => ({
    ...inOffice(),
    ledger: ledger({
      audit: { state: 'not_yet' },
      witnesses: [],
      unwitnessed: 12,
      seal: { ...ledger().seal, size: 12 },
      keys: { ...ledger().keys, vault: 'key_file', changes: 0 },
      disk: { free_mb: 412, alarm: true, reserve_used: false },
      retention: { ...ledger().retention, holds: [], erasures: [], waits_for_the_clock: true },
    }),
  }),
  'ledger-broken': () => ({
    ...inOffice(),
    ledger: ledger({
      audit: {
        state: 'broken',
        position: 4711,
        rule: 'nodes',
        expected: '8d0f5b1c9f3e7a6b'.repeat(4),
        found: '1fe0b2a4c6d8e0f2'.repeat(4),
      },
    }),
  }),
  'ledger-asks': () => ({
    ...inOffice(),
    ledger: ledger({
      audit: {
        state: 'whole',
        size: 248120,
        at: '2026-11-23T10:21:07+08:00',
        warnings: [
          { kind: 'no_shutdown', count: 3, first: 1204 },
          { kind: 'restored', count: 1, first: 240001 },
        ],
      },
    }),
  }),
  'ledger-unreadable': () => ({
    ...inOffice(),
    ledger: ledger({ audit: { state: 'unreadable', fault: 'damaged' } }),
  }),
  'witnessing-trouble': () => ({ ...inOffice(), witnessing: witnessing.otherCode }),
  'witnessing-request': () => ({ ...inOffice(), witnessing: witnessing.request }),
  'witnessing-done': () => ({ ...inOffice(), witnessing: witnessing.done }),
  'witnessing-again': () => ({
    ...inOffice(),
    witnessing: { ...witnessing.done, again: true },
  }),
  inspector: () => onDevice({}),
  'inspector-first-start': () => onDevice({ known: [] }),
  'inspector-hello': () => onDevice({ step: visit.hello }),
  'inspector-first': () => onDevice({ step: visit.first }),
  'inspector-cosigned': () => onDevice({ step: visit.cosigned }),
  'inspector-signature': () => onDevice({ step: visit.misread }),
  'inspector-forked': () => onDevice({ step: visit.forked }),
  'inspector-check': () =>
    onDevice({
      check: {
        path: '/media/usb/bundle-2026-11-23.zip',
        origin: 'gatepost.local/7f3a9c1e/04d2b8aa',
        audit: { state: 'whole', size: 248120, at: '2026-11-23T10:31:00+08:00', warnings: [] },
        part: null,
        words,
        witnesses: [
          ...ledger().witnesses,
          {
            size: 248120,
            witness: 'witness.local/jian-du-1',
            at: '2026-11-23T09:30:00+08:00',
            known: false,
          },
        ],
        continues: 247961,
      },
    }),
  'inspector-check-older': () =>
    onDevice({
      check: {
        path: '/media/usb/backup-2026-11-01.gatepost-backup',
        origin: 'gatepost.local/7f3a9c1e/04d2b8aa',
        audit: {
          state: 'older',
          size: 201344,
          witnessed: 247961,
          at: '2026-11-23T10:31:00+08:00',
          warnings: [],
        },
        part: null,
        words,
        witnesses: ledger().witnesses.map((witness) => ({ ...witness, size: 198012 })),
        continues: 198012,
      },
    }),
  'inspector-check-broken': () =>
    onDevice({
      check: {
        path: '/media/usb/gatepost',
        origin: 'gatepost.local/7f3a9c1e/04d2b8aa',
        audit: {
          state: 'broken',
          position: 247960,
          rule: 'truncated',
          expected: '247961',
          found: '247912',
        },
        part: null,
        words: [],
        witnesses: [],
        continues: null,
      },
    }),
};

function inOffice(): Scene {
  return at({ at: 'office', venue, person: manager });
}

function onDevice(change: Partial<InspectorView>): Scene {
  return { ...at({ at: 'inspector' }), inspector: inspector(change) };
}
