import type { EntryRow } from '../../ipc/backend';
import { t } from '../../words/catalogue.svelte';
import { number } from '../../words/format';

/** What the log says beside an entry: its void, the entry it follows, why it was held. */
export function noteOf(row: EntryRow): string {
  const notes: string[] = [];
  if (row.voided) {
    const { reason, note, position } = row.voided;
    const why = reason === 'other' && note ? note : t(`void-reason-${reason}`);
    notes.push(t('note-voided', { reason: why, position: number(position) }));
  }
  if (row.follows !== null) notes.push(t('note-follows', { position: number(row.follows) }));
  const causes = row.reasons.map((reason) => t(`cause-${reason}`));
  if (row.fault) causes.push(t(`cause-${row.fault}`));
  if (causes.length > 0) notes.push(causes.join(t('list-comma')));
  return notes.join(t('dot'));
}
