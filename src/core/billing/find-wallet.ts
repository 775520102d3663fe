import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';

/** Money in minor units of the currency. */
export interface Wallet {
  accountId: string;
  /** ISO 4217. */
  currency: string;
  /** `prepaid`: what costs more than the balance is refused. `off`: it is owed. */
  metering: 'off' | 'prepaid';
  /** What can be spent. */
  balance: number;
  /** Set apart for what is going on. */
  held: number;
  /** Used beyond what was paid. */
  owed: number;
}

/** An account's wallet, which belongs to its live mode. @throws CoreError `account.not_found` */
export async function findWallet(core: Pick<Core, 'db'>, accountId: string): Promise<Wallet> {
  const row = await core.db
    .selectFrom('accounts')
    .leftJoin('wallets', 'wallets.account_id', 'accounts.id')
    .select(['accounts.currency', 'accounts.metering', 'wallets.balance', 'wallets.held', 'wallets.owed'])
    .where('accounts.id', '=', accountId)
    .executeTakeFirst();
  if (row === undefined) throw new CoreError('account.not_found', `There is no account "${accountId}".`);
  return {
    accountId,
    currency: row.currency,
    metering: row.metering,
    balance: row.balance ?? 0,
    held: row.held ?? 0,
    owed: row.owed ?? 0,
  };
}
