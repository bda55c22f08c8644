import type { EntryRow } from '../../ipc/backend';
import { t } from '../../words/catalogue.svelte';
import { degrees } from '../../words/format';

/** What a held case is about, in a few words: `发热 38.1 ℃`, `黄码`. */
export function caseTitle(entry: EntryRow): string {
  const first = entry.reasons[0];
  if (first === 'fever' || first === 'low_temperature') {
    return t(`door-case-${first}`, { temperature: degrees(entry.temperature) });
  }
  if (first) return t(`cause-${first}`);
  return t(entry.fault ? `cause-${entry.fault}` : 'verdict-check');
}
