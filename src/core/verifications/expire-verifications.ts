import type { Core } from '#core/core.js';
import { endUnused, OPEN_COLUMNS } from '#core/verifications/replace-live.js';

/** How often the platform looks, milliseconds. */
export const EXPIRE_EVERY_MS = 10_000;
const BATCH = 500;

/** Writes down which codes have passed their time, and hangs up the calls that would still speak them. */
export async function expireVerifications(core: Pick<Core, 'db' | 'clock' | 'wake' | 'hangUp'>): Promise<number> {
  let expired = 0;
  for (;;) {
    const at = new Date(core.clock.now());
    const past = await core.db
      .selectFrom('verifications')
      .select(OPEN_COLUMNS)
      .where('expires_at', '<=', at)
      .where('status', 'in', ['pending', 'calling', 'delivered'])
      // The client's own codes are over for us once they were spoken.
      .where((where) => where.or([where('client_supplied', '=', false), where('status', '<>', 'delivered')]))
      .orderBy('expires_at')
      .limit(BATCH)
      .execute();
    for (const verification of past) {
      const hangUp = await core.db.transaction().execute((tx) => endUnused(tx, [verification], 'expired', at));
      for (const callId of hangUp) core.hangUp(callId);
    }
    expired += past.length;
    if (past.length > 0) core.wake.deliveries();
    if (past.length < BATCH) return expired;
  }
}
