import type { Transaction } from 'kysely';
import { costOf, plainDecimal } from '#core/billing/money.js';
import { OpenWallet } from '#core/billing/open-wallet.js';
import { FREE, priceOf } from '#core/billing/prices.js';
import type { Unit } from '#core/billing/units.js';
import type { Quantity, Use } from '#core/billing/use-funds.js';
import type { Tables } from '#core/tables.js';

/** One of many things of one kind that are used at once. */
export type OneOfMany = Omit<Use, 'at'> & Quantity;

/**
 * `holdFunds` for many things, in a few statements for each account; wallets are locked in one order. Gives the
 * references of those that their account cannot pay for; of them nothing was written.
 */
export async function holdManyFunds(
  tx: Transaction<Tables>,
  things: readonly OneOfMany[],
  at: Date,
): Promise<Set<string>> {
  const unpaid = new Set<string>();
  for (const [accountId, ours] of liveByAccount(things)) {
    const prices = await pricesOf(tx, accountId, ours);
    const costly = ours.filter(({ unit }) => prices.get(unit) !== FREE);
    if (costly.length === 0) continue;
    const wallet = await OpenWallet.lock(tx, accountId);
    const entered = await enteredFor(tx, accountId, costly);
    for (const { reference, unit, quantity } of costly) {
      if (entered.has(reference)) continue;
      const price = prices.get(unit) ?? FREE;
      const cost = costOf(price, quantity);
      if (wallet.metering === 'prepaid' && !wallet.covers(cost)) unpaid.add(reference);
      else wallet.enter('hold', -cost, { reference, part: 0, unit, quantity, price });
    }
    await wallet.write(tx, at);
  }
  return unpaid;
}

/** `settleFunds` for many things. */
export async function settleManyFunds(tx: Transaction<Tables>, things: readonly OneOfMany[], at: Date): Promise<void> {
  for (const [accountId, ours] of liveByAccount(things)) {
    const wallet = await OpenWallet.lock(tx, accountId);
    const entered = await enteredFor(tx, accountId, ours);
    for (const { reference, unit, quantity } of ours) {
      const { open, price, charged } = entered.get(reference) ?? NOTHING;
      if (charged) continue;
      if (open > 0) wallet.enter('release', open, { reference, unit });
      wallet.enter('charge', 0 - costOf(price, quantity), { reference, unit, quantity, price });
    }
    await wallet.write(tx, at);
  }
}

/** `releaseFunds` for many things. */
export async function releaseManyFunds(tx: Transaction<Tables>, things: readonly OneOfMany[], at: Date): Promise<void> {
  for (const [accountId, ours] of liveByAccount(things)) {
    const before = await enteredFor(tx, accountId, ours);
    const held = ours.filter(({ reference }) => (before.get(reference)?.open ?? 0) > 0);
    if (held.length === 0) continue;
    const wallet = await OpenWallet.lock(tx, accountId);
    const entered = await enteredFor(tx, accountId, held);
    for (const { reference, unit } of held) {
      const { open } = entered.get(reference) ?? NOTHING;
      if (open > 0) wallet.enter('release', open, { reference, unit });
    }
    await wallet.write(tx, at);
  }
}

function liveByAccount(things: readonly OneOfMany[]): [accountId: string, things: OneOfMany[]][] {
  const byAccount = new Map<string, OneOfMany[]>();
  for (const thing of things) {
    if (thing.mode !== 'live') continue;
    byAccount.set(thing.accountId, [...(byAccount.get(thing.accountId) ?? []), thing]);
  }
  return [...byAccount].sort(([a], [b]) => (a < b ? -1 : 1));
}

async function pricesOf(
  tx: Transaction<Tables>,
  accountId: string,
  things: readonly OneOfMany[],
): Promise<Map<Unit, string>> {
  const prices = new Map<Unit, string>();
  for (const unit of new Set(things.map(({ unit }) => unit))) prices.set(unit, await priceOf(tx, accountId, unit));
  return prices;
}

interface Entered {
  /** Held and not given back yet, minor units. */
  open: number;
  /** Of the hold. */
  price: string;
  charged: boolean;
}

const NOTHING: Entered = { open: 0, price: FREE, charged: false };

/** What the ledger has of these things; nothing of a thing that it has nothing of. */
async function enteredFor(
  tx: Transaction<Tables>,
  accountId: string,
  things: readonly OneOfMany[],
): Promise<Map<string, Entered>> {
  const rows = await tx
    .selectFrom('ledger_entries')
    .select(['reference', 'kind', 'amount', 'price'])
    .where('account_id', '=', accountId)
    .where(
      'reference',
      'in',
      things.map(({ reference }) => reference),
    )
    .where('kind', '<>', 'postpaid')
    .orderBy('sequence')
    .execute();
  const entered = new Map<string, Entered>();
  for (const { reference, kind, amount, price } of rows) {
    const so = entered.get(reference ?? '') ?? NOTHING;
    entered.set(reference ?? '', {
      open: kind === 'charge' ? so.open : so.open - amount,
      price: kind === 'hold' ? plainDecimal(price ?? FREE) : so.price,
      charged: so.charged || kind === 'charge',
    });
  }
  return entered;
}
