import { recordAudit } from '#core/accounts/index.js';
import { findWallet, type Wallet } from '#core/billing/find-wallet.js';
import { MOST_MONEY } from '#core/billing/money.js';
import { OpenWallet } from '#core/billing/open-wallet.js';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { inTransaction } from '#core/in-transaction.js';

export interface CreditWallet {
  accountId: string;
  /** Minor units. */
  amount: number;
  /** What was paid, for whoever reads the ledger. */
  note: string;
  actor: string;
}

const LONGEST_NOTE = 200;

/** Enters money that was paid; what is owed is paid back from it. @throws CoreError `wallet.bad_input` */
export async function creditWallet(core: Pick<Core, 'db' | 'clock'>, input: CreditWallet): Promise<Wallet> {
  const { accountId, amount, actor } = input;
  const note = input.note.trim();
  if (!Number.isInteger(amount) || amount < 1 || amount > MOST_MONEY) {
    throw new CoreError('wallet.bad_input', `An amount is a whole number of minor units from 1 to ${MOST_MONEY}.`, {
      field: 'amount',
    });
  }
  if (note === '' || note.length > LONGEST_NOTE) {
    throw new CoreError('wallet.bad_input', `A note says in 1 to ${LONGEST_NOTE} characters what was paid.`, {
      field: 'note',
    });
  }
  const at = new Date(core.clock.now());
  return inTransaction(core.db, async (tx) => {
    const wallet = await OpenWallet.lock(tx, accountId);
    wallet.enter('credit', amount, { note });
    await recordAudit(tx, {
      accountId,
      actor,
      action: 'wallet.credit',
      subject: accountId,
      details: { amount, note },
      at,
    });
    await wallet.write(tx, at);
    return findWallet({ db: tx }, accountId);
  });
}
