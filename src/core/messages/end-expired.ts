import type { Core } from '#core/core.js';
import { endMessages } from '#core/messages/end-message.js';

/** In one transaction; the next look takes the next ones. */
const BATCH = 500;

/** Ends texts that waited until they expired, whoever is still in front of them. Says how many. */
export async function endExpired(core: Pick<Core, 'db' | 'clock' | 'wake'>): Promise<number> {
  const at = new Date(core.clock.now());
  const expired = await core.db
    .selectFrom('messages')
    .select('id')
    .where('status', '=', 'queued')
    .where('expires_at', '<=', at)
    .orderBy('expires_at')
    .limit(BATCH)
    .execute();
  if (expired.length === 0) return 0;
  const ended = await core.db.transaction().execute((tx) =>
    endMessages(
      tx,
      expired.map(({ id }) => ({ id, status: 'failed', reason: 'expired', at })),
    ),
  );
  core.wake.deliveries();
  return ended.length;
}
