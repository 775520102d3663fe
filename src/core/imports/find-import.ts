import type { Readable } from 'node:stream';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { toImport, type Import, type ImportKind, type ImportStatus } from '#core/imports/import.js';
import type { ImportOwner } from '#core/imports/upload.js';

/** By id; of one kind where given. @throws CoreError `import.not_found`, also for one of another account or mode */
export async function findImport(
  core: Pick<Core, 'db'>,
  owner: ImportOwner,
  id: string,
  kind?: ImportKind,
): Promise<Import> {
  const job = toImport(await importRow(core, owner, id));
  if (kind !== undefined && job.kind !== kind) throw importNotFound(id);
  return job;
}

export interface ImportFilter {
  kind?: ImportKind | undefined;
  status?: ImportStatus | undefined;
  /** Continue after this id. */
  after?: string | undefined;
  limit: number;
}

/** The newest first. */
export async function listImports(
  core: Pick<Core, 'db'>,
  { accountId, mode }: ImportOwner,
  { kind, status, after, limit }: ImportFilter,
): Promise<{ imports: Import[]; next: string | undefined }> {
  let query = core.db.selectFrom('imports').selectAll().where('account_id', '=', accountId).where('mode', '=', mode);
  if (kind !== undefined) query = query.where('kind', '=', kind);
  if (status !== undefined) query = query.where('status', '=', status);
  if (after !== undefined) query = query.where('id', '<', after);
  const rows = await query
    .orderBy('id', 'desc')
    .limit(limit + 1)
    .execute();
  const imports = rows.slice(0, limit).map(toImport);
  return { imports, next: rows.length > limit ? imports.at(-1)?.id : undefined };
}

/**
 * The rows that were refused, as a CSV: line, column, reason, and the row as it was.
 * @throws CoreError `import.not_found`, `import.nothing_refused`
 */
export async function readRefusedRows(
  core: Pick<Core, 'db' | 'uploads'>,
  owner: ImportOwner,
  id: string,
): Promise<Readable> {
  const { refused_file: file, ended_at: endedAt } = await importRow(core, owner, id);
  if (file === null) {
    const why =
      endedAt === null ? 'The import has not ended yet.' : 'No row of it was refused, or the file’s time is over.';
    throw new CoreError('import.nothing_refused', why);
  }
  return core.uploads.read(file);
}

async function importRow(core: Pick<Core, 'db'>, { accountId, mode }: ImportOwner, id: string) {
  const row = await core.db
    .selectFrom('imports')
    .selectAll()
    .where('id', '=', id)
    .where('account_id', '=', accountId)
    .where('mode', '=', mode)
    .executeTakeFirst();
  if (row === undefined) throw importNotFound(id);
  return row;
}

function importNotFound(id: string): CoreError {
  return new CoreError('import.not_found', `There is no import ${id}.`);
}
