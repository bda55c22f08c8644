import type { PersonView } from '../../../ipc/backend';

/** What a manager is about to do with an account. */
export type StaffTask =
  { what: 'add' } | { what: 'reset'; person: PersonView } | { what: 'close'; person: PersonView };
