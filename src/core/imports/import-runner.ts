import { sql, type Selectable } from 'kysely';
import { CoreError } from '#core/errors.js';
import { tellEnd } from '#core/imports/import-events.js';
import { toImport, type Import, type ImportKind } from '#core/imports/import.js';
import { isDiskFull } from '#core/disk/index.js';
import type { RowSink } from '#core/imports/row-sink.js';
import { BegunAnew, Canceled } from '#core/imports/run-ends.js';
import { runImport, type RunCore } from '#core/imports/run-import.js';
import { dropStaged } from '#core/imports/stage-rows.js';
import type { Core } from '#core/core.js';
import type { ImportTable } from '#core/tables.js';
import { WakeableLoop } from '#jobs/wakeable-loop.js';

/** How soon an import that another process accepted is seen. */
const LOOK_MS = 5000;

/** Reads the files that wait, one at a time in each process, the oldest first. */
export class ImportRunner {
  readonly #loop: WakeableLoop;
  #stopped = false;

  constructor(
    private readonly core: RunCore & Pick<Core, 'background'>,
    private readonly sinks: Partial<Record<ImportKind, RowSink>>,
  ) {
    this.#loop = new WakeableLoop('import files', core, () => this.#look());
  }

  wake = (): void => this.#loop.wake();

  /** One that is being read is put back, and begun anew by another process. */
  stop(): void {
    this.#stopped = true;
    this.#loop.stop();
  }

  async #look(): Promise<number> {
    for (let job = await this.#claim(); job !== undefined; job = await this.#claim()) await this.#run(job);
    return LOOK_MS;
  }

  /** Also one of its own that it could not end, for the database was away. */
  async #claim(): Promise<Import | undefined> {
    if (this.#stopped) return undefined;
    const { rows } = await sql<Selectable<ImportTable>>`
      update imports set status = 'running', node_id = ${this.core.node},
        started_at = ${new Date(this.core.clock.now())}, applying_at = null
      where id = (
        select id from imports
        where status in ('queued', 'running') and (status = 'queued' or node_id = ${this.core.node})
        order by created_at, id limit 1 for update skip locked)
      returning *`.execute(this.core.db);
    return rows[0] && toImport(rows[0]);
  }

  async #run(job: Import): Promise<void> {
    const { core } = this;
    try {
      const sink = this.sinks[job.kind];
      if (sink === undefined) throw new Error(`nothing reads imports of the kind ${job.kind}`);
      const upload = await core.db
        .selectFrom('uploads')
        .select('file')
        .where('id', '=', job.uploadId)
        .executeTakeFirstOrThrow(() => new CoreError('upload.not_found', 'The file is no longer there.'));
      await runImport(core, { job, file: upload.file, sink, stopping: () => this.#stopped });
    } catch (error) {
      await this.#end(job, error);
    }
  }

  /** Rejects where the database is away: then it is claimed again. */
  async #end(job: Import, error: unknown): Promise<void> {
    const { core } = this;
    const again = error instanceof BegunAnew || isTransient(error);
    if (again) core.log.warn({ import: job.id, error: String(error) }, 'an import begins anew');
    await dropStaged(core.db, job.id);
    const at = new Date(core.clock.now());
    await core.db.transaction().execute(async (tx) => {
      const ended = await tx
        .updateTable('imports')
        .set(
          again
            ? { status: 'queued', node_id: null, started_at: null, applying_at: null, bytes_read: 0, rows_read: 0 }
            : error instanceof Canceled
              ? { status: 'canceled', node_id: null, ended_at: at }
              : { status: 'failed', node_id: null, ended_at: at, error: this.#reason(job, error) },
        )
        .where('id', '=', job.id)
        .where('node_id', '=', core.node)
        .returning('id')
        .executeTakeFirst();
      if (ended !== undefined) await tellEnd(tx, job.id, at);
    });
    core.wake.deliveries();
    // Not at once: whatever was the matter may last.
    if (again && !this.#stopped) throw error;
  }

  #reason(job: Import, error: unknown): string {
    if (error instanceof CoreError) return error.message;
    const { name = '', code = '', message = '' } = (error ?? {}) as NodeJS.ErrnoException;
    if (name === 'UnreadableCsv') return message;
    if (code === 'ENOENT') return 'The file is no longer there.';
    this.core.log.error({ import: job.id, error: error instanceof Error ? error.stack : error }, 'an import failed');
    if (isDiskFull(error)) return 'There is no room on our disk; nothing of the file was applied.';
    return 'Something went wrong on our side; it was logged under the import’s id. Nothing of the file was applied.';
  }
}

/** The database went away (08, 57), or two transactions stood in each other's way (40). */
function isTransient(error: unknown): boolean {
  const { code = '', message = '' } = (error ?? {}) as NodeJS.ErrnoException;
  if (/^(08|40|57)/.test(code) || /^(ECONN|EPIPE|ETIMEDOUT)/.test(code)) return true;
  return code === '' && error instanceof Error && /^(connection terminated|timeout exceeded)/i.test(message);
}
