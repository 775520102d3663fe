import { recordAudit } from '#core/accounts/index.js';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { inTransaction } from '#core/in-transaction.js';
import { findNumber, type NumberKind, type OwnedNumber } from '#core/numbers/number-store.js';
import { parseSender } from '#core/numbers/parse-sender.js';
import type { Mode } from '#core/tables.js';

export interface AddNumber {
  accountId: string;
  mode: Mode;
  /** E.164, also with the spaces and hyphens people write; a short code; or a name. */
  number: string;
  /** Default: `e164`. Of the others come texts only. */
  kind?: NumberKind;
  /** How fast texts may leave it; without it, an owned number keeps its pace. */
  segmentsPerSecond?: number;
  /** The name of the account's phone that it rings on; without it, an owned number keeps its phone. */
  phone?: string;
  /** Who does it, for the audit log. */
  actor: string;
}

/** Segments a second. */
const LEAST_PACE = 0.01;
const MOST_PACE = 1000;

/**
 * Gives a number to an account. Adding one that the account owns already succeeds. A live number has one owner in the
 * installation (`number.taken`); in test mode every account has numbers of its own.
 */
export async function addNumber(core: Pick<Core, 'db' | 'clock'>, input: AddNumber): Promise<OwnedNumber> {
  const kind = input.kind ?? 'e164';
  const number = parseSender(input.number, kind);
  const { segmentsPerSecond } = input;
  if (segmentsPerSecond !== undefined && !(segmentsPerSecond >= LEAST_PACE && segmentsPerSecond <= MOST_PACE)) {
    throw new CoreError('number.bad_format', `From ${LEAST_PACE} to ${MOST_PACE} segments a second.`, {
      field: 'segmentsPerSecond',
    });
  }
  if (input.phone !== undefined && kind !== 'e164') {
    throw new CoreError('number.bad_format', 'Texts only come from it: it cannot ring on a phone.', { field: 'phone' });
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
          kind,
          ...(segmentsPerSecond === undefined ? {} : { segments_per_second: segmentsPerSecond }),
          created_at: at,
        })
        .onConflict((conflict) =>
          conflict.columns(['account_id', 'mode', 'number']).doUpdateSet({
            phone_id: (where) => where.fn.coalesce('excluded.phone_id', 'numbers.phone_id'),
            ...(segmentsPerSecond === undefined ? {} : { segments_per_second: segmentsPerSecond }),
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
      details: {
        mode: input.mode,
        kind,
        ...(input.phone === undefined ? {} : { phone: input.phone }),
        ...(segmentsPerSecond === undefined ? {} : { segments_per_second: segmentsPerSecond }),
      },
      at,
    });
    return findNumber(tx, { accountId: input.accountId, mode: input.mode, number });
  });
}
