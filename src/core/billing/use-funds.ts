import type { Transaction } from 'kysely';
import { costOf, plainDecimal } from '#core/billing/money.js';
import { OpenWallet } from '#core/billing/open-wallet.js';
import { FREE, priceOf } from '#core/billing/prices.js';
import type { Unit } from '#core/billing/units.js';
import type { Mode, Tables } from '#core/tables.js';

/** One thing that costs: a call, a verification, a file. Only what is live costs. */
export interface Use {
  accountId: string;
  mode: Mode;
  /** The id of the thing; nothing is charged twice for it. */
  reference: string;
  at: Date;
}

export interface Quantity {
  unit: Unit;
  /** How many units, with up to four decimals. */
  quantity: number;
}

/**
 * Sets money apart before it is spent, in the transaction that makes the spending certain. Of several holds for one
 * reference each has its own `part`; doing it again changes nothing. The price of the first is the price of them all,
 * and of the charge; where that was 0, nothing is held. `insufficient_funds`: nothing was written, and the account is one
 * that must pay before.
 */
export async function holdFunds(
  tx: Transaction<Tables>,
  { accountId, mode, unit, quantity, reference, part = 0, at }: Use & Quantity & { part?: number },
): Promise<'held' | 'insufficient_funds'> {
  if (mode !== 'live') return 'held';
  const priceNow = part === 0 ? await priceOf(tx, accountId, unit) : FREE;
  if (part === 0 && priceNow === FREE) return 'held';
  const wallet = await OpenWallet.lock(tx, accountId);
  const { holds, price = priceNow } = await heldFor(tx, accountId, reference);
  if (holds.includes(part) || price === FREE) return 'held';
  const cost = costOf(price, quantity);
  if (wallet.metering === 'prepaid' && !wallet.covers(cost)) return 'insufficient_funds';
  wallet.enter('hold', -cost, { reference, part, unit, quantity, price });
  await wallet.write(tx, at);
  return 'held';
}

/**
 * Gives back what was held and charges what was used, at the price of the first hold; without one, the use was free
 * when it began, and is entered as that. The use has happened: it is charged whatever the balance. Doing it again
 * changes nothing.
 */
export async function settleFunds(
  tx: Transaction<Tables>,
  { accountId, mode, unit, quantity, reference, at }: Use & Quantity,
): Promise<void> {
  if (mode !== 'live') return;
  const wallet = await OpenWallet.lock(tx, accountId);
  const { open, price = FREE, charged } = await heldFor(tx, accountId, reference);
  if (charged) return;
  if (open > 0) wallet.enter('release', open, { reference, unit });
  wallet.enter('charge', 0 - costOf(price, quantity), { reference, unit, quantity, price });
  await wallet.write(tx, at);
}

/** Gives back what was held, for nothing was used. Doing it again changes nothing. */
export async function releaseFunds(tx: Transaction<Tables>, { accountId, mode, reference, at }: Use): Promise<void> {
  if (mode !== 'live') return;
  // Most of what fails cost nothing, and need not wait for the wallet. Whoever holds for it has locked its row.
  if ((await heldFor(tx, accountId, reference)).open === 0) return;
  const wallet = await OpenWallet.lock(tx, accountId);
  const { open, unit } = await heldFor(tx, accountId, reference);
  if (open === 0) return;
  wallet.enter('release', open, { reference, ...(unit === undefined ? {} : { unit }) });
  await wallet.write(tx, at);
}

/** How many parts are held for a reference, given back or not. */
export async function countHolds(
  tx: Transaction<Tables>,
  { accountId, reference }: Pick<Use, 'accountId' | 'reference'>,
): Promise<number> {
  return (await heldFor(tx, accountId, reference)).holds.length;
}

interface Held {
  /** The parts. */
  holds: number[];
  unit?: Unit;
  /** Of the first of them. */
  price?: string;
  /** What was not given back yet, minor units. */
  open: number;
  charged: boolean;
}

async function heldFor(tx: Transaction<Tables>, accountId: string, reference: string): Promise<Held> {
  const rows = await tx
    .selectFrom('ledger_entries')
    .select(['kind', 'part', 'amount', 'price', 'unit'])
    .where('account_id', '=', accountId)
    .where('reference', '=', reference)
    .where('kind', '<>', 'postpaid')
    .orderBy('sequence')
    .execute();
  const holds = rows.filter(({ kind }) => kind === 'hold');
  const [first] = holds;
  const open = rows.reduce((sum, { kind, amount }) => (kind === 'charge' ? sum : sum - amount), 0);
  return {
    holds: holds.map(({ part }) => part),
    ...(first === undefined ? {} : { unit: first.unit as Unit, price: plainDecimal(first.price ?? FREE) }),
    open,
    charged: rows.some(({ kind }) => kind === 'charge'),
  };
}
