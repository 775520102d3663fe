import type { Transaction } from 'kysely';
import { costOf, findWallet, holdFunds, priceOf, settleFunds, type Quantity, type Use } from '#core/billing/index.js';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import type { Mode, Tables } from '#core/tables.js';

/**
 * Refuses what can be seen beforehand to cost more than there is. Nothing is held, for the work may take a while and the
 * wallet is everybody's; `payForSpeech` decides.
 * @throws CoreError `wallet.insufficient_funds`
 */
export async function refuseWithoutFunds(
  core: Pick<Core, 'db'>,
  { accountId, mode, unit, quantity }: { accountId: string; mode: Mode } & Quantity,
): Promise<void> {
  if (mode !== 'live') return;
  const { metering, balance } = await findWallet(core, accountId);
  if (metering !== 'prepaid') return;
  if (costOf(await priceOf(core.db, accountId, unit), quantity) > balance) throw insufficientFunds();
}

/** Charges what was done. @throws CoreError `wallet.insufficient_funds`: nothing was written */
export async function payForSpeech(tx: Transaction<Tables>, use: Use & Quantity): Promise<void> {
  if ((await holdFunds(tx, use)) === 'insufficient_funds') throw insufficientFunds();
  await settleFunds(tx, use);
}

function insufficientFunds(): CoreError {
  return new CoreError('wallet.insufficient_funds', 'The balance of the account does not cover this.');
}
