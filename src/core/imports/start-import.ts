import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { newId } from '#core/ids.js';
import { inTransaction } from '#core/in-transaction.js';
import { IMPORT_LIMITS, toImport, type Import, type ImportKind, type ImportOptions } from '#core/imports/import.js';
import { UPLOAD_KEPT_MS, uploadNotFound, type ImportOwner } from '#core/imports/upload.js';

export interface StartImport extends ImportOwner {
  kind: ImportKind;
  uploadId: string;
  /** The campaign or the list that it fills. */
  targetId?: string | undefined;
  options?: ImportOptions;
}

/**
 * Queues the reading of a file; it begins when a process has none in hand.
 * @throws CoreError `upload.not_found`, `import.bad_input` (its columns), `import.too_many`
 */
export async function startImport(core: Pick<Core, 'db' | 'clock' | 'wake'>, input: StartImport): Promise<Import> {
  const { accountId, mode, kind, uploadId, targetId, options = {} } = input;
  checkColumns(options.columns);
  const at = new Date(core.clock.now());
  const row = await inTransaction(core.db, async (tx) => {
    const upload = await tx
      .updateTable('uploads')
      .set({ expires_at: new Date(at.getTime() + UPLOAD_KEPT_MS) })
      .where('id', '=', uploadId)
      .where('account_id', '=', accountId)
      .where('mode', '=', mode)
      .where('expires_at', '>', at)
      // One that is still coming in has none.
      .where('bytes', '>', 0)
      .returning('bytes')
      .executeTakeFirst();
    if (upload === undefined) throw uploadNotFound(uploadId);
    const { n } = await tx
      .selectFrom('imports')
      .select(({ fn }) => fn.countAll<string>().as('n'))
      .where('account_id', '=', accountId)
      .where('status', 'in', ['queued', 'running'])
      .executeTakeFirstOrThrow();
    if (Number(n) >= IMPORT_LIMITS.openPerAccount) {
      throw new CoreError('import.too_many', `An account has at most ${IMPORT_LIMITS.openPerAccount} imports waiting.`);
    }
    return tx
      .insertInto('imports')
      .values({
        id: newId('imp', at.getTime()),
        ...{ account_id: accountId, mode, kind, upload_id: uploadId, target_id: targetId ?? null },
        options: JSON.stringify(options),
        status: 'queued',
        bytes: upload.bytes,
        created_at: at,
      })
      .returningAll()
      .executeTakeFirstOrThrow();
  });
  core.wake.imports();
  return toImport(row);
}

const NAME_MOST = 100;

function checkColumns(columns: ImportOptions['columns']): void {
  const given = Object.entries(columns ?? {});
  if (given.length > IMPORT_LIMITS.columns) {
    throw badInput('columns', `There are at most ${IMPORT_LIMITS.columns} columns.`);
  }
  for (const [heading, name] of given) {
    if (name !== null && (name.trim() === '' || name.length > NAME_MOST)) {
      throw badInput(`columns.${heading}`, `The name of a column has 1 to ${NAME_MOST} characters.`);
    }
  }
}

function badInput(field: string, message: string): CoreError {
  return new CoreError('import.bad_input', message, { field });
}
