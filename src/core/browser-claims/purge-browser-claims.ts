import type { Core } from '#core/core.js';

const KEPT_MS = 30 * 86_400_000;

/** What browsers said and no server confirmed, and what was confirmed long ago. */
export async function purgeBrowserClaims(core: Pick<Core, 'db' | 'clock'>): Promise<void> {
  const now = core.clock.now();
  await core.db
    .deleteFrom('browser_claims')
    .where('created_at', '<', new Date(now - KEPT_MS))
    .execute();
}
