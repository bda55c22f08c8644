import type { DoorKey, DoorView } from '../../ipc/backend';
import { t } from '../../words/catalogue.svelte';
import { hourMinute } from '../../words/format';
import { caseTitle } from './cases';

/** A question of the door and its numbered answers, in Rust's order. */
export type Question = {
  question: string;
  answers: { key: string; label: string; press: DoorKey }[];
};

const DOCUMENTS = ['identity', 'paper', 'companion'] as const;
const VOID_REASONS = ['wrong_person', 'typo', 'duplicate', 'test'] as const;

/** The question that is open at the door; `null` when none is. */
export function questionOf(view: DoorView): Question | null {
  switch (view.prompt) {
    case 'choose_document':
      return ask(
        view,
        DOCUMENTS.map((kind) => t(`document-${kind}`)),
      );
    case 'choose_void_reason':
      return ask(
        view,
        VOID_REASONS.map((reason) => t(`void-reason-${reason}`)),
      );
    case 'choose_case':
      return ask(
        view,
        view.cases
          .slice(0, 3)
          .map((entry) => `${caseTitle(entry)}${t('dot')}${hourMinute(entry.at)}`),
      );
    default:
      return null;
  }
}

function ask(view: DoorView, labels: readonly string[]): Question {
  const numbered = labels.map((label, index) => ({
    key: String(index + 1),
    label,
    press: { key: 'digit', digit: index + 1 } as const,
  }));
  const back = { key: 'Esc', label: t('choice-escape'), press: { key: 'escape' } as const };
  return { question: t(`prompt-${view.prompt}`), answers: [...numbered, back] };
}
