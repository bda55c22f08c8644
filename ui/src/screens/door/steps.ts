import type { Prompt } from '../../ipc/backend';
import type { Slots } from './slots';

/** Which of the three steps is next: 0 the code, 1 the temperature, 2 Enter. */
export function stepOf(prompt: Prompt, slots: Slots): 0 | 1 | 2 {
  if (prompt === 'press_enter' || prompt === 'confirm_fever') return 2;
  const codeIsHere = slots.code.shown !== 'empty' && prompt !== 'say_colour';
  return codeIsHere ? 1 : 0;
}

/** Whether the prompt is a question with numbered answers. */
export function isQuestion(prompt: Prompt): boolean {
  return (
    prompt === 'choose_document' || prompt === 'choose_void_reason' || prompt === 'choose_case'
  );
}

/** Whether the prompt says that something did not go as meant. */
export function isTrouble(prompt: Prompt): boolean {
  switch (prompt) {
    case 'not_a_temperature':
    case 'out_of_range':
    case 'too_many_waiting':
    case 'nothing_to_void':
    case 'not_written':
    case 'written_unseen':
    case 'cannot_look_up':
      return true;
    case 'show_code':
    case 'say_colour':
    case 'type_temperature':
    case 'press_enter':
    case 'confirm_fever':
    case 'temperature_waits':
    case 'choose_document':
    case 'choose_void_reason':
    case 'choose_case':
      return false;
  }
}
