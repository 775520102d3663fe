import type { Transaction } from 'kysely';
import { recordAudit } from '#core/accounts/index.js';
import { findWallet, type Wallet } from '#core/billing/find-wallet.js';
import { isCurrency } from '#core/billing/money.js';
import { OpenWallet } from '#core/billing/open-wallet.js';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { inTransaction } from '#core/in-transaction.js';
import type { Tables } from '#core/tables.js';

/** Decides whether an empty balance refuses, from the next use on. */
export async function setMetering(
  core: Pick<Core, 'db' | 'clock'>,
  { accountId, metering, actor }: { accountId: string; metering: 'off' | 'prepaid'; actor: string },
): Promise<Wallet> {
  return change(core, { accountId, actor, action: 'account.set_metering', set: { metering } });
}

/**
 * The currency that the account's amounts are in; it changes nothing about prices.
 * @throws CoreError `wallet.bad_input`; `wallet.currency_fixed` once the ledger has an entry
 */
export async function setCurrency(
  core: Pick<Core, 'db' | 'clock'>,
  input: { accountId: string; currency: string; actor: string },
): Promise<Wallet> {
  const { accountId, actor } = input;
  const currency = input.currency.toUpperCase();
  if (!isCurrency(currency)) {
    throw new CoreError('wallet.bad_input', `"${input.currency}" is not a currency of ISO 4217 such as USD or EUR.`, {
      field: 'currency',
    });
  }
  return change(core, { accountId, actor, action: 'account.set_currency', set: { currency } }, async (tx) => {
    const entry = await tx
      .selectFrom('ledger_entries')
      .select('id')
      .where('account_id', '=', accountId)
      .limit(1)
      .executeTakeFirst();
    if (entry === undefined) return;
    throw new CoreError('wallet.currency_fixed', 'The ledger has entries in its currency; make another account.', {
      field: 'currency',
    });
  });
}

async function change(
  core: Pick<Core, 'db' | 'clock'>,
  act: {
    accountId: string;
    actor: string;
    action: string;
    set: { metering: 'off' | 'prepaid' } | { currency: string };
  },
  check: (tx: Transaction<Tables>) => Promise<void> = async () => undefined,
): Promise<Wallet> {
  const { accountId, actor, action, set } = act;
  const at = new Date(core.clock.now());
  return inTransaction(core.db, async (tx) => {
    await findWallet({ db: tx }, accountId);
    // Nothing is entered while this changes.
    await OpenWallet.lock(tx, accountId);
    await check(tx);
    await tx.updateTable('accounts').set(set).where('id', '=', accountId).execute();
    await recordAudit(tx, { accountId, actor, action, subject: accountId, details: set, at });
    return findWallet({ db: tx }, accountId);
  });
}
