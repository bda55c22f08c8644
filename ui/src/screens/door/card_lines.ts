/** The sentences under the verdict: why, how far it is proven, and that it is written. */
import type { CodeSlot, EntryRow, Policy, Reason, VisitorView } from '../../ipc/backend';
import { t } from '../../words/catalogue.svelte';
import * as format from '../../words/format';
import { age, issuerName, reason, slotOf } from '../../words/names';
import { evidenceOf, slotTitle } from './slots';

/** Lines of a written entry, most urgent first. */
export function entryLines(entry: EntryRow, policy: Policy, tookMs: number | null): string[] {
  const slot = slotOf(entry);
  const lines = entry.reasons.map((why) => reason(why, entry.temperature, policy));
  if (entry.fault) lines.push(t(`reason-${entry.fault}`));
  lines.push(...codeLines(slot, entry.reasons), bodyLine(entry));
  lines.push(writtenLine(entry.position, tookMs));
  return lines.filter((line) => line !== '');
}

/** Lines of a fever that waits for its second Enter. */
export function previewLines(visitor: VisitorView, policy: Policy): string[] {
  const lines: string[] = [];
  if (visitor.temperature !== null) lines.push(reason('fever', visitor.temperature, policy));
  lines.push(...codeLines(visitor.code, []), t('card-fever-preview'));
  return lines.filter((line) => line !== '');
}

function codeLines(slot: CodeSlot, reasons: readonly Reason[]): string[] {
  if (slot.shown === 'empty') return [];
  const told = reasons.includes('red_code') || reasons.includes('yellow_code');
  const parts = told ? [] : [slotTitle(slot)];
  if (slot.shown === 'decoded' && slot.issuer) parts.push(issuerName(slot.issuer));
  if (slot.shown === 'decoded' && slot.age_seconds !== null) parts.push(age(slot.age_seconds));
  const evidence = evidenceOf(slot);
  return [parts.join(t('dot')), evidence ? t(`evidence-${evidence}`) : ''];
}

function bodyLine(entry: EntryRow): string {
  const told = entry.reasons.includes('fever') || entry.reasons.includes('low_temperature');
  if (told) return entry.mask === 'put_on' ? t('mask-put_on') : '';
  const temperature = t('temperature-normal', { temperature: format.degrees(entry.temperature) });
  const mask = entry.reasons.includes('no_mask') ? [] : [t(`mask-${entry.mask}`)];
  return [temperature, ...mask].join(t('dot'));
}

function writtenLine(position: number, tookMs: number | null): string {
  const blanks = { position: format.number(position) };
  return tookMs === null
    ? t('entry-written', blanks)
    : t('entry-written-in', { ...blanks, seconds: format.seconds(tookMs) });
}
