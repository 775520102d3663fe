import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import type { Core } from '#core/core.js';
import { csvLine } from '#core/csv-text.js';

/** A row that is not applied. `column` as the file's heading has it. */
export interface RefusedRow {
  line: number;
  column: string;
  reason: string;
  cells: readonly string[];
}

/** More than any file of refused rows needs: its rows, and a sentence to each. */
const MOST_BYTES = 4_000_000_000;

/** The file of the rows that were refused; there is none until there is one of those. */
export class RefusedRows {
  #file: { content: PassThrough; written: Promise<unknown> } | undefined;
  #broken: unknown;
  count = 0;

  constructor(
    private readonly uploads: Core['uploads'],
    private readonly name: string,
    private readonly heading: readonly string[],
  ) {}

  /** Waits where the disk is slower. Rejects when the file cannot be written. */
  async add({ line, column, reason, cells }: RefusedRow): Promise<void> {
    this.#file ??= this.#open();
    this.count += 1;
    await this.#write(csvLine([String(line), column, reason, ...cells]));
  }

  /** The file's name, once it is whole; undefined: no row was refused. */
  async close(): Promise<string | undefined> {
    if (this.#file === undefined) return undefined;
    this.#file.content.end();
    await this.#file.written;
    if (this.#broken !== undefined) throw this.#broken as Error;
    return this.name;
  }

  /** Nothing stays of it. */
  async drop(): Promise<void> {
    this.#file?.content.destroy(new Error('the import ended'));
    await this.#file?.written;
    await this.uploads.remove(this.name);
  }

  #open() {
    const content = new PassThrough();
    // Whatever breaks is told where the next row is added.
    content.on('error', (error) => (this.#broken ??= error));
    const written = this.uploads.write(this.name, content, MOST_BYTES).catch((error: unknown) => {
      this.#broken ??= error;
      content.destroy();
    });
    content.write(csvLine(['line', 'column', 'reason', ...this.heading]));
    return { content, written };
  }

  async #write(text: string): Promise<void> {
    if (this.#broken !== undefined) throw this.#broken as Error;
    const { content, written } = this.#file ?? this.#open();
    if (!content.write(text)) await Promise.race([once(content, 'drain').catch(() => undefined), written]);
    // It may have broken meanwhile.
    if (this.#broken !== undefined) throw this.#broken as Error;
  }
}
