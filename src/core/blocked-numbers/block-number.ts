import { sql } from 'kysely';
import { recordAudit } from '#core/accounts/index.js';
import { readNumber } from '#core/address.js';
import {
  toBlockedNumber,
  type BlockedNumber,
  type BlockedNumberOwner,
} from '#core/blocked-numbers/find-blocked-number.js';
import { homeCountry } from '#core/contacts/index.js';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { inTransaction } from '#core/in-transaction.js';

export const BLOCKED_NUMBER_LIMITS = { count: 10_000, noteCharacters: 200 } as const;

export interface BlockNumber extends BlockedNumberOwner {
  /** As people write it. */
  number: string;
  note?: string | undefined;
  actor: string;
}

/** @throws CoreError `blocked_number.bad_input`, `blocked_number.exists`, `blocked_number.too_many` */
export async function blockNumber(core: Pick<Core, 'db' | 'clock'>, input: BlockNumber): Promise<BlockedNumber> {
  const { accountId, mode, actor } = input;
  const at = new Date(core.clock.now());
  const note = input.note?.trim() ?? '';
  if (note.length > BLOCKED_NUMBER_LIMITS.noteCharacters) {
    const message = `A note has at most ${BLOCKED_NUMBER_LIMITS.noteCharacters} characters.`;
    throw new CoreError('blocked_number.bad_input', message, { field: 'note' });
  }
  return inTransaction(core.db, async (tx) => {
    const number = readNumber(input.number, await homeCountry(tx, input));
    if (number === undefined) {
      const message = `"${input.number}" is not a phone number: write it with + and the country code.`;
      throw new CoreError('blocked_number.bad_input', message, { field: 'number' });
    }
    const { rows } = await sql<{ n: string }>`
      select count(*) as n from (select from blocked_numbers where account_id = ${accountId} and mode = ${mode}
        limit ${BLOCKED_NUMBER_LIMITS.count}) as those`.execute(tx);
    if (Number(rows[0]?.n) >= BLOCKED_NUMBER_LIMITS.count) {
      const message = `An account blocks at most ${BLOCKED_NUMBER_LIMITS.count} numbers.`;
      throw new CoreError('blocked_number.too_many', message, { field: 'number' });
    }
    const row = await tx
      .insertInto('blocked_numbers')
      .values({ account_id: accountId, mode, number, note: note === '' ? null : note, created_at: at })
      .onConflict((conflict) => conflict.doNothing())
      .returningAll()
      .executeTakeFirst();
    if (row === undefined) {
      throw new CoreError('blocked_number.exists', `${number} is blocked already.`, { field: 'number' });
    }
    await recordAudit(tx, { accountId, actor, action: 'number.block', subject: String(row.id), details: { mode }, at });
    return toBlockedNumber(row);
  });
}
