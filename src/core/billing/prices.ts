import { recordAudit } from '#core/accounts/index.js';
import { isDecimal, plainDecimal } from '#core/billing/money.js';
import { isUnit, UNIT_NAMES, UNITS, type Unit } from '#core/billing/units.js';
import type { Core, Db } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { inTransaction } from '#core/in-transaction.js';

/** What one unit costs, in minor units of the currency; up to four decimals, as text. */
export interface Price {
  unit: Unit;
  amount: string;
  /** Whose price it is: the account's own, the installation's, or nobody's, which is 0. */
  setFor: 'account' | 'installation' | 'nobody';
  description: string;
}

export const FREE = '0';

/** The price of every unit for an account; without one, for whoever has no price of their own. */
export async function listPrices(core: Pick<Core, 'db'>, accountId?: string): Promise<Price[]> {
  const rows = await core.db
    .selectFrom('prices')
    .select(['unit', 'amount', 'account_id'])
    .where((is) => is.or([is('account_id', 'is', null), is('account_id', '=', accountId ?? null)]))
    .execute();
  return UNIT_NAMES.map((unit) => {
    const own = rows.find((row) => row.unit === unit && row.account_id !== null);
    const found = own ?? rows.find((row) => row.unit === unit);
    return {
      unit,
      amount: plainDecimal(found?.amount ?? FREE),
      setFor: found === undefined ? 'nobody' : own === undefined ? 'installation' : 'account',
      description: UNITS[unit].description,
    };
  });
}

/** The account's own price, else the installation's, else 0. */
export async function priceOf(db: Db, accountId: string, unit: Unit): Promise<string> {
  const row = await db
    .selectFrom('prices')
    .select('amount')
    .where('unit', '=', unit)
    .where((is) => is.or([is('account_id', 'is', null), is('account_id', '=', accountId)]))
    .orderBy('account_id', (order) => order.asc().nullsLast())
    .limit(1)
    .executeTakeFirst();
  return plainDecimal(row?.amount ?? FREE);
}

export interface SetPrice {
  /** Undefined: the installation's price. */
  accountId?: string | undefined;
  unit: string;
  /** Minor units, up to four decimals; null takes the price back. */
  amount: string | null;
  actor: string;
}

/**
 * What begins from now on costs this; what has begun costs what it did then.
 * @throws CoreError `price.unknown_unit`, `price.bad_input`
 */
export async function setPrice(core: Pick<Core, 'db' | 'clock'>, input: SetPrice): Promise<Price> {
  const { unit, amount, accountId } = input;
  if (!isUnit(unit)) {
    throw new CoreError('price.unknown_unit', `There is no unit "${unit}"; there are ${UNIT_NAMES.join(', ')}.`, {
      field: 'unit',
    });
  }
  if (amount !== null && !isDecimal(amount)) {
    throw new CoreError(
      'price.bad_input',
      `A price is an amount in minor units with up to four decimals, such as 3 or 0.85, not "${amount}".`,
      { field: 'amount' },
    );
  }
  const at = new Date(core.clock.now());
  return inTransaction(core.db, async (tx) => {
    await tx
      .deleteFrom('prices')
      .where('unit', '=', unit)
      .where('account_id', accountId === undefined ? 'is' : '=', accountId ?? null)
      .execute();
    if (amount !== null) {
      await tx
        .insertInto('prices')
        .values({ account_id: accountId ?? null, unit, amount, updated_at: at })
        .execute();
    }
    await recordAudit(tx, {
      ...(accountId === undefined ? {} : { accountId }),
      actor: input.actor,
      action: 'price.set',
      subject: unit,
      details: { amount },
      at,
    });
    const prices = await listPrices({ db: tx }, accountId);
    return prices.find((price) => price.unit === unit)!;
  });
}
