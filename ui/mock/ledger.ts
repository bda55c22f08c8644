/** Made-up ledgers, witnesses and staff. */
import type {
  InspectorStep,
  InspectorView,
  LedgerView,
  QrView,
  StaffView,
  WitnessingView,
} from '../src/ipc/bindings';
import { door, guard, manager } from './data';

const { camera } = door();

export const words = ['白菜', '彩虹', '稻田', '钢琴', '河流', '剪刀', '京剧', '蜂蜜'];
export const keyWords = ['超市', '瓷器', '大象', '公主', '荷叶', '黑板', '红枣', '蝴蝶'];
export const origin = 'gatepost.local/7f3a9c1e/04d2b8aa';
const verifier = `${origin}+1a2b3c4d+AQ0NjU0MzIxMDk4NzY1NDMyMTA5ODc2NTQzMjEwOTg3`;

/** A pattern that looks like a code and says nothing. */
export function qr(width: number): QrView {
  let modules = '';
  for (let row = 0; row < width; row += 1) {
    for (let column = 0; column < width; column += 1) {
      modules += dark(row, column, width) ? '1' : '0';
    }
  }
  return { width, modules };
}

function dark(row: number, column: number, width: number): boolean {
  for (const [top, left] of [
    [0, 0],
    [0, width - 7],
    [width - 7, 0],
  ] as const) {
    const [y, x] = [row - top, column - left];
    if (y < -1 || x < -1 || y > 7 || x > 7) continue;
    const ring = Math.max(Math.abs(y - 3), Math.abs(x - 3));
    return ring === 3 || ring < 2;
  }
  return ((row * 7919 + column * 104729 + row * column * 31) >> 3) % 2 === 0;
}

/** A ledger that was audited and witnessed, with `change` on top. */
export function ledger(change: Partial<LedgerView> = {}): LedgerView {
  return {
    origin,
    seal: { size: 248120, note: `${origin}\n248120\n`, words, qr: qr(57) },
    audit: { state: 'whole', size: 248120, at: '2026-11-23T10:21:07+08:00', warnings: [] },
    witnesses: [
      {
        size: 247961,
        witness: 'witness.local/jian-du-1',
        at: '2026-11-23T09:02:00+08:00',
        known: true,
      },
      {
        size: 231400,
        witness: 'witness.local/jian-du-1',
        at: '2026-11-09T14:30:00+08:00',
        known: true,
      },
    ],
    unwitnessed: 159,
    retention: {
      policy: { visitor_days: 30, incident_days: 180 },
      holds: [{ from: '2026-10-28', to: '2026-11-02' }],
      erasures: [
        {
          position: 248001,
          class: 'visitor',
          from: '2026-10-23',
          to: '2026-10-23',
          count: 2568,
        },
        { position: 245120, class: 'incident', from: '2026-05-20', to: '2026-05-24', count: 1 },
      ],
      waits_for_the_clock: false,
    },
    keys: { vault: 'keychain', verifier, changes: 1 },
    disk: { free_mb: 18230, alarm: false, reserve_used: false },
    ...change,
  };
}

/** Everybody, one of them gone. */
export function staff(): StaffView {
  return {
    rows: [
      { person: manager, active: true, you: true },
      { person: guard, active: true, you: false },
      {
        person: { number: 3, name: 'Mary-Ann Doorkeeper', masked: 'M*', role: 'guard' },
        active: false,
        you: false,
      },
      {
        person: { number: 4, name: '周督查', masked: '周*', role: 'inspector' },
        active: true,
        you: false,
      },
    ],
  };
}

export const witnessing = {
  hello: { step: 'waits_for_hello', camera, trouble: null },
  otherCode: { step: 'waits_for_hello', camera, trouble: { code: 'other_code' } },
  request: {
    step: 'shows_request',
    camera,
    witness: 'witness.local/jian-du-1',
    size: 248120,
    words: keyWords,
    qr: qr(117),
    text: 'Z3Axcg'.repeat(40),
    trouble: null,
  },
  done: {
    step: 'done',
    witness: 'witness.local/jian-du-1',
    size: 248120,
    at: '2026-11-23T10:24:00+08:00',
    again: false,
  },
} as const satisfies Record<string, WitnessingView>;

export const visit = {
  idle: { step: 'idle' },
  hello: {
    step: 'shows_hello',
    origin,
    qr: qr(53),
    text: 'gp1h witness.local/jian-du-1',
    trouble: null,
  },
  first: { step: 'asks_first_contact', origin, size: 248120, words: keyWords },
  cosigned: {
    step: 'shows_cosignature',
    origin,
    size: 248120,
    before: 247961,
    qr: qr(49),
    text: 'gp1c witness.local/jian-du-1',
  },
  misread: {
    step: 'refused',
    origin,
    refusal: 'bad_signature',
    alarm: false,
    before: 247961,
    size: 247961,
    evidence: null,
  },
  forked: {
    step: 'refused',
    origin,
    refusal: 'forked',
    alarm: true,
    before: 247961,
    size: 248120,
    evidence: '/home/inspector/.local/share/gatepost/evidence/2026-11-23T102400-7f3a9c1e.txt',
  },
} as const satisfies Record<string, InspectorStep>;

/** The inspector's own device, with `change` on top. */
export function inspector(change: Partial<InspectorView> = {}): InspectorView {
  return {
    verifier: 'witness.local/jian-du-1+9d8c7b6a+BDQwOTg3NjU0MzIxMDk4NzY1NDMyMTA5ODc2NTQzMjE=',
    known: [
      { origin, size: 247961, at: '2026-11-23T09:02:00+08:00' },
      { origin: 'gatepost.local/7f3a9c1e/11e0c35d', size: 0, at: null },
    ],
    camera,
    step: visit.idle,
    check: null,
    ...change,
  };
}
