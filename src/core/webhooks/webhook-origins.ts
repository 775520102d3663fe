import type { Transaction } from 'kysely';
import { newId } from '#core/ids.js';
import { endTrouble } from '#core/known-troubles.js';
import type { Tables } from '#core/tables.js';

interface Origin {
  id: string;
  /** Switched off after long failure. */
  off: boolean;
}

/** The origins of URLs (scheme, host, port), made where they are new, and held as they are until the commit. */
export async function findOrigins(
  tx: Transaction<Tables>,
  accountId: string,
  urls: readonly string[],
  at: Date,
): Promise<Map<string, Origin>> {
  const wanted = [...new Set(urls.map((url) => new URL(url).origin))].sort();
  const found = new Map<string, Origin>();
  const find = async (): Promise<void> => {
    const rows = await tx
      .selectFrom('webhook_origins')
      .select(['id', 'origin', 'disabled_at'])
      .where('account_id', '=', accountId)
      .where('origin', 'in', wanted)
      // One order for everybody, so that nobody waits in a circle.
      .orderBy('id')
      // Whoever switches one off waits for this transaction, and then finds what it put on its way.
      .forShare()
      .execute();
    for (const { id, origin, disabled_at } of rows) found.set(origin, { id, off: disabled_at !== null });
  };
  await find();
  const absent = wanted.filter((origin) => !found.has(origin));
  if (absent.length === 0) return found;
  await tx
    .insertInto('webhook_origins')
    .values(
      absent.map((origin) => ({
        id: newId('who', at.getTime()),
        account_id: accountId,
        origin,
        failing_since: null,
        disabled_at: null,
      })),
    )
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  // Another transaction may have won the race; its row is visible once our insert has waited for it.
  await find();
  return found;
}

/** Lets deliveries to these origins go out again, whatever failed before. Whoever asks for that need not be told. */
export async function switchOnOrigins(tx: Transaction<Tables>, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await tx
    .updateTable('webhook_origins')
    .set({ disabled_at: null, failing_since: null })
    .where('id', 'in', ids)
    .execute();
  for (const subject of ids) await endTrouble(tx, { kind: 'endpoint_off', subject });
}
