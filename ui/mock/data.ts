/** Made-up people and entries. */
import type {
  AppView,
  DoorView,
  EntryRow,
  IssuerView,
  PersonView,
  Policy,
  VenueView,
} from '../src/ipc/bindings';

export const venue: VenueView = {
  name: '惠民超市',
  kind: 'supermarket',
  gate: '东门',
  opens: '08:00',
  closes: '22:00',
};

export const guard: PersonView = { number: 2, name: '王小岗', masked: '王*', role: 'guard' };
export const supervisor: PersonView = {
  number: 4,
  name: '周督查',
  masked: '周*',
  role: 'inspector',
};
export const manager: PersonView = { number: 1, name: '陈大门', masked: '陈*', role: 'manager' };

export const policy: Policy = {
  fever_threshold: 373,
  fever_operator: 'at_least',
  low_limit: 350,
  mask_required: true,
  yellow_rule: 'hold',
  repeat_window_minutes: 10,
};

export const suishen: IssuerView = {
  id: 'shanghai',
  zh: '上海随申码',
  en: 'Shanghai Suishen code',
};
export const yuekang: IssuerView = {
  id: 'guangdong',
  zh: '广东粤康码',
  en: 'Guangdong Yuekang code',
};

/** An entry that was admitted, with `change` on top. */
export function entry(change: Partial<EntryRow> = {}): EntryRow {
  return {
    position: 1284,
    at: '2026-11-23T10:21:07+08:00',
    gate: '东门',
    guard: '王*',
    shown: 'decoded',
    document: null,
    issuer: suishen,
    age_seconds: 12,
    colour: 'green',
    colour_source: 'camera',
    evidence: 'structure_only',
    temperature: 365,
    mask: 'worn',
    verdict: 'admit',
    reasons: [],
    fault: null,
    follows: null,
    voided: null,
    ...change,
  };
}

export const recent: EntryRow[] = [
  entry({ position: 1283, at: '2026-11-23T10:20:58+08:00', temperature: 364 }),
  entry({
    position: 1282,
    at: '2026-11-23T10:20:51+08:00',
    shown: 'document',
    document: 'paper',
    issuer: null,
    age_seconds: null,
    colour: null,
    colour_source: null,
    evidence: 'document',
    temperature: 366,
  }),
  entry({
    position: 1281,
    at: '2026-11-23T10:20:40+08:00',
    temperature: 363,
    issuer: yuekang,
    voided: { position: 1285, reason: 'typo', note: '' },
  }),
  entry({
    position: 1280,
    at: '2026-11-23T10:20:22+08:00',
    issuer: null,
    shown: 'seen_by_staff',
    colour: 'red',
    colour_source: 'guard',
    evidence: 'seen_by_staff',
    temperature: 368,
    verdict: 'refuse',
    reasons: ['red_code'],
  }),
];

/** Cases whose waiting time is counted from the moment the screen opens. */
export function cases(): EntryRow[] {
  const ago = (minutes: number): string => new Date(Date.now() - minutes * 60_000).toISOString();
  return [
    entry({
      position: 1276,
      at: ago(6.2),
      temperature: 381,
      verdict: 'hold',
      reasons: ['fever'],
    }),
    entry({
      position: 1279,
      at: ago(2),
      colour: 'yellow_orange',
      issuer: yuekang,
      verdict: 'hold',
      reasons: ['yellow_code'],
    }),
  ];
}

/** A door that waits for the next visitor. */
export function door(change: Partial<DoorView> = {}): DoorView {
  return {
    revision: 1,
    counts: { admitted: 1262, held: 17, refused: 3, by_hand: 2 },
    camera: { status: 'live', width: 1280, height: 720, frames_per_second: 30 },
    help: null,
    visitor: {
      code: { shown: 'empty' },
      typed: '',
      temperature: null,
      mask: 'worn',
      follows: null,
    },
    prompt: 'show_code',
    fever_preview: false,
    card: null,
    waiting: [],
    cases: cases(),
    recent,
    policy,
    ...change,
  };
}

/** The program at a guard's gate. */
export function app(change: Partial<AppView> = {}): AppView {
  return {
    demo: false,
    version: '0.1.0',
    appearance: { locale: 'zh-CN', theme: 'light', sound: true },
    alarms: { disk: false, reserve_used: false, ledger_broken: false, clock_unconfirmed: false },
    asks_date: null,
    stage: { at: 'door', venue, person: guard, shift_opened_at: '2026-11-23T08:00:12+08:00' },
    ...change,
  };
}

/** A day's log, newest first. */
export function log(): EntryRow[] {
  const rows: EntryRow[] = [];
  for (let index = 0; index < 70; index += 1) {
    const seconds = 37267 - index * 17;
    const two = (value: number): string => String(Math.floor(value) % 60).padStart(2, '0');
    const hours = String(Math.floor(seconds / 3600)).padStart(2, '0');
    rows.push(
      entry({
        position: 1284 - index,
        at: `2026-11-23T${hours}:${two(seconds / 60)}:${two(seconds)}+08:00`,
        temperature: 362 + ((index * 7) % 8),
        issuer: index % 3 === 0 ? yuekang : suishen,
        evidence: 'structure_only',
      }),
    );
  }
  const put = (index: number, change: Partial<EntryRow>): void => {
    const row = rows[index];
    if (row) rows[index] = { ...row, ...change };
  };
  put(2, { ...recent[1], position: 1282 });
  put(4, { ...recent[3], position: 1280 });
  put(5, {
    colour: 'yellow_orange',
    mask: 'put_on',
    verdict: 'hold',
    reasons: ['yellow_code', 'repeated_code'],
  });
  put(6, { follows: 1276 });
  put(7, {
    temperature: 385,
    verdict: 'hold',
    reasons: ['fever'],
    voided: { position: 1286, reason: 'typo', note: '' },
  });
  put(8, { temperature: 381, verdict: 'hold', reasons: ['fever'] });
  put(10, {
    shown: 'nothing',
    issuer: null,
    age_seconds: null,
    colour: null,
    colour_source: null,
    evidence: 'none',
    verdict: 'check_by_hand',
    fault: 'camera_no_picture',
  });
  put(11, { mask: 'not_worn', verdict: 'hold', reasons: ['no_mask'] });
  return rows;
}
