import type { Transaction } from 'kysely';
import { toImport } from '#core/imports/import.js';
import type { Tables } from '#core/tables.js';
import { publishEvent } from '#core/webhooks/index.js';

/**
 * Tells how an import ended, once, in the transaction that ends it. What its rows changed is told by nobody: a million
 * events are no news.
 */
export async function tellEnd(tx: Transaction<Tables>, id: string, at: Date): Promise<void> {
  const row = await tx.selectFrom('imports').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
  const { accountId, mode, kind, status, uploadId, targetId, rows, error } = toImport(row);
  if (status !== 'completed' && status !== 'failed') return;
  await publishEvent(tx, {
    ...{ accountId, mode, type: `import.${status}`, subject: id, at },
    data: { kind, status, uploadId, targetId: targetId ?? null, rows, error: error ?? null },
  });
}
