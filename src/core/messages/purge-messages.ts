import { removeAttachments } from '#core/attachments/index.js';
import type { Core } from '#core/core.js';

/** Early receipts, ids of incoming texts and counts are of use for days, not for longer. */
const KEPT_MS = 7 * 86_400_000;
/** At a time, so that a long absence does not end in one huge transaction. */
const BATCH = 500;

/**
 * Takes the words and pictures out of an account's texts that were made before `before`, and out of the events of those
 * between people (rule 22); addresses, states and times stay. Gives how many texts.
 */
export async function purgeMessages(
  core: Pick<Core, 'db' | 'uploads'>,
  aged: { accountId: string; before: Date },
): Promise<number> {
  for (let purged = 0; ;) {
    const some = await purgeSome(core, aged);
    purged += some;
    if (some < BATCH) return purged;
  }
}

/** Forgets what carriers told that nobody waits for any more. */
export async function forgetCarrierNews(core: Pick<Core, 'db' | 'clock'>): Promise<void> {
  const now = core.clock.now();
  const stale = new Date(now - KEPT_MS);
  await core.db.deleteFrom('early_receipts').where('received_at', '<', stale).execute();
  await core.db.deleteFrom('incoming_parts').where('received_at', '<', stale).execute();
  await core.db.deleteFrom('incoming_ids').where('received_at', '<', stale).execute();
  await core.db.deleteFrom('sending_counts').where('starts_at', '<', stale).execute();
}

function purgeSome(
  core: Pick<Core, 'db' | 'uploads'>,
  { accountId, before }: { accountId: string; before: Date },
): Promise<number> {
  return core.db.transaction().execute(async (tx) => {
    const rows = await tx
      .updateTable('messages')
      .set({ text: null })
      .where('id', 'in', (query) =>
        query
          .selectFrom('messages')
          .select('id')
          .where('account_id', '=', accountId)
          .where('text', 'is not', null)
          .where('created_at', '<', before)
          .where('status', 'not in', ['queued', 'sending'])
          .orderBy('created_at')
          .limit(BATCH),
      )
      .returning(['id', 'purpose', 'attachments'])
      .execute();
    await removeAttachments(tx, core, rows);
    const told = rows.filter(({ purpose }) => purpose === 'person').map(({ id }) => id);
    if (told.length > 0) await tx.updateTable('events').set({ data: '{}' }).where('subject', 'in', told).execute();
    return rows.length;
  });
}
