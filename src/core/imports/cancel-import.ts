import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { inTransaction } from '#core/in-transaction.js';
import { toImport, type Import } from '#core/imports/import.js';
import { findImport } from '#core/imports/find-import.js';
import type { ImportOwner } from '#core/imports/upload.js';

/**
 * Ends an import before anything of it is true: a waiting one at once, one that is being read a moment later.
 * @throws CoreError `import.not_found`, `import.already_ended`
 */
export async function cancelImport(core: Pick<Core, 'db' | 'clock'>, owner: ImportOwner, id: string): Promise<Import> {
  const at = new Date(core.clock.now());
  return inTransaction(core.db, async (tx) => {
    await findImport({ db: tx }, owner, id);
    const row = await tx.selectFrom('imports').selectAll().where('id', '=', id).forUpdate().executeTakeFirstOrThrow();
    if (row.status !== 'queued' && row.status !== 'running') {
      throw new CoreError('import.already_ended', `The import has ended already: ${row.status}.`);
    }
    if (row.applying_at !== null) {
      throw new CoreError('import.already_ended', 'The rows of the import are being written already.');
    }
    return toImport(
      await tx
        .updateTable('imports')
        .set({
          cancel_requested_at: row.cancel_requested_at ?? at,
          ...(row.status === 'queued' ? { status: 'canceled', ended_at: at } : {}),
        })
        .where('id', '=', id)
        .returningAll()
        .executeTakeFirstOrThrow(),
    );
  });
}
