/** What Rust's codes are called on the screen. */
import type {
  AlarmsView,
  CodeSlot,
  DeskError,
  EntryRow,
  IssuerView,
  Policy,
  Reason,
  VerdictKind,
  VisitTrouble,
  WitnessingTrouble,
} from '../ipc/backend';
import { locale, t, tIfKnown } from './catalogue.svelte';
import * as format from './format';

/** The five faces of the card. A hold is "measure again" when a temperature is the most urgent reason. */
export type Face = 'admit' | 'measure_again' | 'check' | 'refuse' | 'not_verified';

/** The face of a verdict. */
export function faceOf(verdict: VerdictKind, reasons: readonly Reason[]): Face {
  switch (verdict) {
    case 'admit':
      return 'admit';
    case 'refuse':
      return 'refuse';
    case 'check_by_hand':
      return 'not_verified';
    case 'hold':
      return reasons[0] === 'fever' || reasons[0] === 'low_temperature' ? 'measure_again' : 'check';
  }
}

/** One imperative line: what the guard does now. */
export function instruction(entry: Pick<EntryRow, 'verdict' | 'reasons'>): string {
  const first = entry.reasons[0];
  switch (entry.verdict) {
    case 'admit':
      return t('instruction-admit');
    case 'check_by_hand':
      return t('instruction-camera_no_picture');
    case 'refuse':
      return first === 'yellow_code'
        ? t('instruction-yellow_code-refuse')
        : t(`instruction-${first ?? 'red_code'}`);
    case 'hold':
      return t(`instruction-${first ?? 'nothing_shown'}`);
  }
}

/** A reason with its figures. */
export function reason(why: Reason, temperature: number | null, policy: Policy): string {
  if (why === 'fever') {
    return t(policy.fever_operator === 'above' ? 'reason-fever-above' : 'reason-fever', {
      temperature: format.degrees(temperature),
      threshold: format.degrees(policy.fever_threshold),
    });
  }
  return t(`reason-${why}`, {
    temperature: format.degrees(temperature),
    limit: format.degrees(policy.low_limit),
  });
}

/** The issuer's name in the language of the screen. */
export function issuerName(issuer: IssuerView): string {
  return locale() === 'en' ? issuer.en : issuer.zh;
}

/** How long ago a code was made. */
export function age(seconds: number): string {
  if (seconds < 0) return t('age-future');
  if (seconds < 100) return t('age-seconds', { n: seconds });
  if (seconds < 100 * 60) return t('age-minutes', { n: Math.round(seconds / 60) });
  if (seconds < 48 * 3600) return t('age-hours', { n: Math.round(seconds / 3600) });
  return t('age-days', { n: Math.round(seconds / 86400) });
}

/** What was shown, in two or three words: `绿码`, `身份证件`. */
export function shownTitle(entry: Pick<EntryRow, 'shown' | 'document' | 'colour'>): string {
  switch (entry.shown) {
    case 'nothing':
      return t('shown-nothing');
    case 'document':
      return t(`document-${entry.document ?? 'identity'}`);
    case 'decoded':
    case 'seen_by_staff':
      return entry.colour ? t(`colour-${entry.colour}`) : t('colour-unknown');
  }
}

/** What was shown as it stands in a list: `绿码 · 上海随申码`. */
export function shownRow(entry: EntryRow): string {
  if (!entry.issuer) return shownTitle(entry);
  const colour = entry.colour ? t(`colour-row-${entry.colour}`) : t('colour-unknown');
  return colour + t('dot') + issuerName(entry.issuer);
}

/** The code slot of a written entry, so that the slots and the card speak of the same visitor. */
export function slotOf(entry: EntryRow): CodeSlot {
  switch (entry.shown) {
    case 'nothing':
      return { shown: 'empty' };
    case 'document':
      return { shown: 'document', kind: entry.document ?? 'identity' };
    case 'seen_by_staff':
      return { shown: 'seen_by_staff', colour: entry.colour ?? 'none' };
    case 'decoded':
      return {
        shown: 'decoded',
        issuer: entry.issuer,
        age_seconds: entry.age_seconds,
        out_of_date: entry.reasons.includes('stale_code'),
        colour: entry.colour,
        colour_source: entry.colour_source,
        evidence: entry.evidence,
        first_seen_at: null,
      };
  }
}

/** Why the camera gives no picture, and what to do about it. */
export function cameraTrouble(code: string): { why: string; act: string } {
  return {
    why: tIfKnown(`camera-reason-${code}`) ?? t('camera-reason-other', { reason: code }),
    act: tIfKnown(`camera-do-${code}`) ?? t('camera-do-other'),
  };
}

/** A refusal of Rust as one sentence. */
export function refusal(error: DeskError): string {
  switch (error.code) {
    case 'wrong_pin':
      return t('error-wrong_pin', { tries: error.tries_left });
    case 'locked_out':
      return t('error-locked_out', { seconds: error.seconds });
    case 'policy':
      return t(`error-policy-${error.refusal}`);
    case 'store':
      return `${t(`fault-${error.fault}`)}${t('dot')}${t(`fault-${error.fault}-do`)}`;
    default:
      return tIfKnown(`error-${error.code}`) ?? t('error-unknown');
  }
}

/** One thing that somebody has to see to. */
export type Alarm = keyof AlarmsView;

const ALARMS: readonly Alarm[] = ['ledger_broken', 'reserve_used', 'disk', 'clock_unconfirmed'];

/** The alarms that are on, the gravest first. A disk whose reserve is in use is not told to be small as well. */
export function alarmsOf(alarms: AlarmsView): readonly Alarm[] {
  return ALARMS.filter((name) => alarms[name] && !(name === 'disk' && alarms.reserve_used));
}

/** Seconds as one rough figure: `90 s`, `12 min`, `3 h`. */
export function roughly(seconds: number): string {
  if (seconds < 120) return t('span-seconds', { n: seconds });
  if (seconds < 7200) return t('span-minutes', { n: Math.round(seconds / 60) });
  return t('span-hours', { n: format.number(Math.round(seconds / 3600)) });
}

/** What was wrong with a code during a witnessing, and what to do. */
export function witnessingTrouble(trouble: WitnessingTrouble): string {
  switch (trouble.code) {
    case 'other_code':
    case 'other_ledger':
    case 'other_seal':
      return t(`witnessing-trouble-${trouble.code}`);
    case 'clock':
      return t(`witnessing-trouble-clock-${trouble.seconds < 0 ? 'behind' : 'ahead'}`, {
        span: roughly(Math.abs(trouble.seconds)),
      });
    case 'not_kept':
      return t('witnessing-trouble-not_kept', { fault: t(`fault-${trouble.fault}`) });
  }
}

/** What was wrong with a code before the inspector's device, and what to do. */
export function visitTrouble(trouble: VisitTrouble): string {
  return trouble.code === 'other_code'
    ? t('inspector-misread')
    : t('inspector-not_kept', { fault: t(`fault-${trouble.fault}`) });
}
