import type { Transaction } from 'kysely';
import type { Core } from '#core/core.js';
import type { Tables } from '#core/tables.js';

/** At a time, so that a long absence does not end in one huge transaction. */
const BATCH = 100;

/**
 * Bytes gone (rule 21), with what is still to be fetched. The files go before the commit: a row without its file is
 * removed again, a file without its row would stay for ever.
 */
export async function removeAttachments(
  tx: Transaction<Tables>,
  core: Pick<Core, 'uploads'>,
  texts: readonly { id: string; attachments: number }[],
): Promise<void> {
  const ids = texts.filter(({ attachments }) => attachments > 0).map(({ id }) => id);
  if (ids.length === 0) return;
  const gone = await tx.deleteFrom('message_attachments').where('message_id', 'in', ids).returning('file').execute();
  for (const { file } of gone) await core.uploads.remove(file);
}

/** Deletes what was handed in and never sent, past its time. Gives how many. */
export async function purgeAttachments(core: Pick<Core, 'db' | 'clock' | 'uploads'>): Promise<number> {
  const at = new Date(core.clock.now());
  for (let purged = 0; ;) {
    const some = await core.db.transaction().execute(async (tx) => {
      const old = await tx
        .selectFrom('message_attachments')
        .select(['id', 'file'])
        .where('message_id', 'is', null)
        .where('expires_at', '<=', at)
        .limit(BATCH)
        .forUpdate()
        .skipLocked()
        .execute();
      if (old.length === 0) return 0;
      const ids = old.map(({ id }) => id);
      await tx.deleteFrom('message_attachments').where('id', 'in', ids).execute();
      for (const { file } of old) await core.uploads.remove(file);
      return old.length;
    });
    purged += some;
    if (some < BATCH) return purged;
  }
}
