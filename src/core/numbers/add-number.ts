import { recordAudit } from '#core/accounts/index.js';
import { parseE164 } from '#core/address.js';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { inTransaction } from '#core/in-transaction.js';
import { findNumber, type OwnedNumber } from '#core/numbers/number-store.js';
import type { Mode } from '#core/tables.js';

export interface AddNumber {
  accountId: string;
  mode: Mode;
  /** E.164, also with the spaces and hyphens people write. */
  number: string;
  /** The name of the account's phone that it rings on; without it, an owned number keeps its phone. */
  phone?: string;
  /** Who does it, for the audit log. */
  actor: string;
}

/**
 * Gives a number to an account. Adding one that the account owns already succeeds. A live number has one owner in the
 * installation (`number.taken`); in test mode every account has numbers of its own.
 */
export async function addNumber(core: Pick<Core, 'db' | 'clock'>, input: AddNumber): Promise<OwnedNumber> {
  const number = parseE164(input.number);
  if (number === undefined) {
    throw new CoreError(
      'number.bad_format',
      'A number is "+", the country code and the number: 8005550199 is +18005550199.',
      {
        field: 'number',
      },
    );
  }
  if (input.phone !== undefined && input.mode === 'test') {
    throw new CoreError('phone.not_found', 'Phones are live: a test number cannot ring on one.', { field: 'phone' });
  }
  const at = new Date(core.clock.now());
  return inTransaction(core.db, async (tx) => {
    let phoneId: string | null = null;
    if (input.phone !== undefined) {
      const phone = await tx
        .selectFrom('phones')
        .select('id')
        .where('account_id', '=', input.accountId)
        .where('name', '=', input.phone)
        .executeTakeFirst();
      if (phone === undefined) {
        throw new CoreError('phone.not_found', `There is no phone "${input.phone}".`, { field: 'phone' });
      }
      phoneId = phone.id;
    }
    try {
      await tx
        .insertInto('numbers')
        .values({
          number,
          account_id: input.accountId,
          mode: input.mode,
          phone_id: phoneId,
          created_at: at,
        })
        .onConflict((conflict) =>
          conflict.columns(['account_id', 'mode', 'number']).doUpdateSet({
            phone_id: (where) => where.fn.coalesce('excluded.phone_id', 'numbers.phone_id'),
          }),
        )
        .execute();
    } catch (error) {
      if ((error as { constraint?: string }).constraint !== 'numbers_live') throw error;
      throw new CoreError('number.taken', `${number} belongs to another account.`, { field: 'number' });
    }
    await recordAudit(tx, {
      accountId: input.accountId,
      actor: input.actor,
      action: 'number.add',
      subject: number,
      details: { mode: input.mode, ...(input.phone === undefined ? {} : { phone: input.phone }) },
      at,
    });
    return findNumber(tx, { accountId: input.accountId, mode: input.mode, number });
  });
}
