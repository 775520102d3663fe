import { listPrices, type Price } from '#core/billing/prices.js';
import type { Core } from '#core/core.js';

const CURRENCY_WITHOUT_ACCOUNTS = 'USD';

/**
 * What the installation charges whoever has no price of their own; of accounts nothing is told. Its prices are in the
 * currency of its first account, which is the operator's.
 */
export async function publicPrices(core: Pick<Core, 'db'>): Promise<{ currency: string; prices: Price[] }> {
  const first = await core.db
    .selectFrom('accounts')
    .select('currency')
    .orderBy('created_at')
    .orderBy('id')
    .limit(1)
    .executeTakeFirst();
  return { currency: first?.currency ?? CURRENCY_WITHOUT_ACCOUNTS, prices: await listPrices(core) };
}
