import type { DoorKey, DoorView } from '../../ipc/backend';
import { t } from '../../words/catalogue.svelte';
import { hourMinute } from '../../words/format';
import { caseTitle } from './cases';

/** An answer: the key that gives it, what it says, and when it happened. */
export type QuestionAnswer = { key: string; label: string; about: string; press: DoorKey };

/** A question of the door and its numbered answers, in Rust's order. */
export type Question = { question: string; answers: readonly QuestionAnswer[] };

const DOCUMENTS = ['identity', 'paper', 'companion'] as const;
const VOID_REASONS = ['wrong_person', 'typo', 'duplicate', 'test'] as const;

/** The question that is open at the door; `null` when none is. */
export function questionOf(view: DoorView): Question | null {
  switch (view.prompt) {
    case 'choose_document':
      return ask(
        view,
        DOCUMENTS.map((kind) => [t(`document-${kind}`), '']),
      );
    case 'choose_void_reason':
      return ask(
        view,
        VOID_REASONS.map((reason) => [t(`void-reason-${reason}`), '']),
      );
    case 'choose_case':
      return ask(
        view,
        view.cases.slice(0, 9).map((entry) => [caseTitle(entry), hourMinute(entry.at)]),
      );
    default:
      return null;
  }
}

function ask(view: DoorView, answers: readonly (readonly [string, string])[]): Question {
  const numbered = answers.map(([label, about], index) => ({
    key: String(index + 1),
    label,
    about,
    press: { key: 'digit', digit: index + 1 } as const,
  }));
  const press = { key: 'escape' } as const;
  const back = { key: 'Esc', label: t('choice-escape'), about: '', press };
  return { question: t(`prompt-${view.prompt}`), answers: [...numbered, back] };
}
