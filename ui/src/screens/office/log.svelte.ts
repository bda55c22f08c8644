import { backend } from '../../ipc/backend';
import type {
  DeskError,
  EntriesPage,
  EntryFilter,
  EntryRow,
  ExportDone,
  ExportFormat,
  ExportProgress,
  Figures,
  FilterChoices,
} from '../../ipc/backend';

/** Lines of one page. */
export const PAGE = 50;

/** The entries on the screen. */
export type Page =
  | { state: 'loading' }
  | { state: 'refused'; error: DeskError }
  | { state: 'here'; page: EntriesPage };

/** The export. */
export type Export =
  | { state: 'none' }
  | { state: 'running'; progress: ExportProgress | null }
  | { state: 'done'; done: ExportDone }
  | { state: 'refused'; error: DeskError };

const EVERYTHING: EntryFilter = {
  day: null,
  gate: null,
  verdict: null,
  guard: null,
  corrected_only: false,
};

/** The log: which entries are asked for, and what came. */
export class Log {
  filter = $state.raw<EntryFilter>(EVERYTHING);
  choices = $state.raw<FilterChoices | null>(null);
  figures = $state.raw<Figures | null>(null);
  page = $state.raw<Page>({ state: 'loading' });
  export = $state.raw<Export>({ state: 'none' });
  /** What kind of file the next export is. */
  format = $state.raw<ExportFormat>('csv');
  /** Positions the pages before this one were asked with; the last is this page's. */
  #asked = $state.raw<readonly (number | null)[]>([null]);
  /** Counts questions, so that a late answer never overwrites a newer one. */
  #question = 0;

  /** Asks what can be chosen, then for today's entries. */
  async open(): Promise<void> {
    const answer = await backend.filterChoices();
    if (answer.status === 'ok') this.choices = answer.data;
    await this.choose({ day: this.choices?.today ?? null });
  }

  /** Changes the filter and starts at the newest page. */
  async choose(change: Partial<EntryFilter>): Promise<void> {
    this.filter = { ...this.filter, ...change };
    this.#asked = [null];
    await this.#ask();
  }

  /** Takes every filter away. */
  clear(): Promise<void> {
    return this.choose(EVERYTHING);
  }

  async older(): Promise<void> {
    if (this.page.state !== 'here' || this.page.page.older === null) return;
    this.#asked = [...this.#asked, this.page.page.older];
    await this.#ask();
  }

  async newer(): Promise<void> {
    if (this.#asked.length < 2) return;
    this.#asked = this.#asked.slice(0, -1);
    await this.#ask();
  }

  /** The same page again, after a record was added. */
  again(): Promise<void> {
    return this.#ask();
  }

  /** How many pages are newer than this one. */
  get depth(): number {
    return this.#asked.length - 1;
  }

  /** Whether any filter is set. */
  get isNarrowed(): boolean {
    return JSON.stringify(this.filter) !== JSON.stringify(EVERYTHING);
  }

  /** Takes over a row that was voided. */
  replace(row: EntryRow): void {
    if (this.page.state !== 'here') return;
    const rows = this.page.page.rows.map((old) => (old.position === row.position ? row : old));
    this.page = { state: 'here', page: { ...this.page.page, rows } };
  }

  async exportAll(): Promise<void> {
    if (this.export.state === 'running') return;
    this.export = { state: 'running', progress: null };
    const stop = await backend.onExportProgress((progress) => {
      if (this.export.state === 'running') this.export = { state: 'running', progress };
    });
    const answer = await backend.exportEntries(this.filter, this.format);
    stop();
    this.export =
      answer.status === 'ok'
        ? { state: 'done', done: answer.data }
        : { state: 'refused', error: answer.error };
    await this.#askFigures(this.#question);
  }

  async #ask(): Promise<void> {
    const question = ++this.#question;
    if (this.page.state !== 'here') this.page = { state: 'loading' };
    const figures = this.#askFigures(question);
    const answer = await backend.entries(this.filter, this.#asked.at(-1) ?? null, PAGE);
    if (question === this.#question) {
      this.page =
        answer.status === 'ok'
          ? { state: 'here', page: answer.data }
          : { state: 'refused', error: answer.error };
    }
    await figures;
  }

  async #askFigures(question: number): Promise<void> {
    const answer = await backend.figures(this.filter);
    if (question === this.#question && answer.status === 'ok') this.figures = answer.data;
  }
}
