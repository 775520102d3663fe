import type { Core } from '#core/core.js';
import { deleteRows } from '#core/voicemail/delete-message.js';

/** At a time. */
const BATCH = 500;

/** Deletes an account's messages that are older, for good. Gives how many. */
export async function purgeVoiceMessages(
  core: Pick<Core, 'db' | 'clock' | 'recordings'>,
  { accountId, before }: { accountId: string; before: Date },
): Promise<number> {
  for (let purged = 0; ;) {
    const rows = await core.db
      .selectFrom('voice_messages')
      .select(['id', 'file', 'account_id', 'mode'])
      .where('account_id', '=', accountId)
      .where('created_at', '<', before)
      .orderBy('created_at')
      .limit(BATCH)
      .execute();
    for (const row of rows) await deleteRows(core, { accountId: row.account_id, mode: row.mode }, [row]);
    purged += rows.length;
    if (rows.length < BATCH) return purged;
  }
}
