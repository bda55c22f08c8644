import type { DeskError, SetUpForm } from '../ipc/backend';

/** A text of the set-up form. */
export type FieldName = Exclude<keyof SetUpForm, 'kind'>;

const NAMES: readonly FieldName[] = ['venue', 'gate', 'manager_name', 'guard_name'];

/** Which field each refusal stands beside. A refusal that concerns no field is not in the answer. */
export function refusalsOf(refused: readonly DeskError[]): Partial<Record<FieldName, DeskError>> {
  const beside: Partial<Record<FieldName, DeskError>> = {};
  for (const error of refused) for (const field of fieldsOf(error)) beside[field] = error;
  return beside;
}

function fieldsOf(error: DeskError): readonly FieldName[] {
  switch (error.code) {
    case 'name_missing':
      return NAMES.filter((name) => name === error.field);
    case 'hours_wrong':
      return ['opens', 'closes'];
    case 'pin_too_simple':
      return ['manager_pin', 'guard_pin'];
    case 'pins_equal':
      return ['guard_pin'];
    default:
      return [];
  }
}
