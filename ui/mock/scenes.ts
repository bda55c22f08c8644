/** Named states of the program, chosen by `?scene=` in the browser. */
import type { AppView, DoorView } from '../src/ipc/bindings';
import { app, door, entry, guard, manager, suishen, venue, yuekang } from './data';

export type Scene = { app: AppView; door: DoorView; empty?: boolean; refuses?: boolean };

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
  office: () => at({ at: 'office', venue, person: manager }),
  'office-empty': () => ({ ...at({ at: 'office', venue, person: manager }), empty: true }),
  'office-refused': () => ({ ...at({ at: 'office', venue, person: manager }), refuses: true }),
};
