import { sql, type Transaction } from 'kysely';
import { recordAudit } from '#core/accounts/index.js';
import type { Core, Db } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { inTransaction } from '#core/in-transaction.js';
import type { Mode, Tables } from '#core/tables.js';

interface Whose {
  accountId: string;
  mode: Mode;
}

/** A number that the account may use: its own, or one that somebody proved by a spoken code. */
export interface UsableNumber {
  number: string;
  source: 'owned' | 'verified';
  kind: 'e164' | 'short_code' | 'alphanumeric';
  /** May be where calls come from, and where texts do. */
  calls: boolean;
  texts: boolean;
  /** When it was given to the account, or proven. */
  since: Date;
}

/** Writes down that the account's people answer at a number, by the code that was spoken there. */
export async function recordProof(
  tx: Transaction<Tables>,
  proof: Whose & { number: string; verificationId: string; at: Date },
): Promise<void> {
  const { accountId, mode, number, verificationId, at } = proof;
  await tx
    .insertInto('verified_numbers')
    .values({ account_id: accountId, mode, number, verification_id: verificationId, verified_at: at })
    .onConflict((conflict) =>
      conflict
        .columns(['account_id', 'mode', 'number'])
        .doUpdateSet({ verification_id: verificationId, verified_at: at }),
    )
    .execute();
  await recordAudit(tx, {
    ...{ accountId, actor: 'code', action: 'number.verify', subject: number },
    ...{ details: { mode, verification: verificationId }, at },
  });
}

/** Whether calls may come from the number: an own one that can call, or a verified one. */
export async function mayCallFrom(db: Db, { accountId, mode, number }: Whose & { number: string }): Promise<boolean> {
  const { rows } = await sql<{ may: boolean }>`
    select exists (
        select from numbers
        where account_id = ${accountId} and mode = ${mode} and number = ${number} and kind = 'e164')
      or exists (
        select from verified_numbers where account_id = ${accountId} and mode = ${mode} and number = ${number}) as may
    `.execute(db);
  return rows[0]?.may ?? false;
}

/** In the order of their digits, at most `limit`, those behind `after`. One that is owned and verified is told once. */
export async function listUsableNumbers(
  core: Pick<Core, 'db'>,
  { accountId, mode, limit, after = '' }: Whose & { limit: number; after?: string | undefined },
): Promise<{ numbers: UsableNumber[]; next: string | undefined }> {
  const { rows } = await sql<Omit<UsableNumber, 'calls' | 'texts'>>`
    select * from (
      select number, 'owned' as source, kind, created_at as since from numbers
      where account_id = ${accountId} and mode = ${mode}
      union all
      select v.number, 'verified', 'e164', v.verified_at from verified_numbers v
      where v.account_id = ${accountId} and v.mode = ${mode} and not exists (
        select from numbers n where n.account_id = v.account_id and n.mode = v.mode and n.number = v.number)
    ) usable
    where number > ${after}
    order by number
    limit ${limit + 1}`.execute(core.db);
  const numbers = rows
    .slice(0, limit)
    .map((row) => ({ ...row, calls: row.kind === 'e164', texts: row.source === 'owned' }));
  return { numbers, next: rows.length > limit ? numbers.at(-1)?.number : undefined };
}

/** The numbers elsewhere that somebody proved, in the order of their digits; of one mode when given. */
export async function listVerifiedNumbers(
  core: Pick<Core, 'db'>,
  { accountId, mode }: { accountId: string; mode?: Mode },
): Promise<{ number: string; mode: Mode; verifiedAt: Date }[]> {
  let query = core.db.selectFrom('verified_numbers').selectAll().where('account_id', '=', accountId);
  if (mode !== undefined) query = query.where('mode', '=', mode);
  const rows = await query.orderBy('number').orderBy('mode').execute();
  return rows.map((row) => ({ number: row.number, mode: row.mode, verifiedAt: row.verified_at }));
}

/** @throws CoreError `number.not_found`; `number.owned`: only the operator takes an own number away */
export async function forgetVerifiedNumber(
  core: Pick<Core, 'db' | 'clock'>,
  { accountId, mode, number, actor }: Whose & { number: string; actor: string },
): Promise<void> {
  await inTransaction(core.db, async (tx) => {
    const forgotten = await tx
      .deleteFrom('verified_numbers')
      .where('account_id', '=', accountId)
      .where('mode', '=', mode)
      .where('number', '=', number)
      .returning('number')
      .executeTakeFirst();
    if (forgotten === undefined) return refuse(tx, { accountId, mode, number });
    const at = new Date(core.clock.now());
    await recordAudit(tx, { accountId, actor, action: 'number.forget', subject: number, details: { mode }, at });
  });
}

async function refuse(
  tx: Transaction<Tables>,
  { accountId, mode, number }: Whose & { number: string },
): Promise<never> {
  const owned = await tx
    .selectFrom('numbers')
    .select('number')
    .where('account_id', '=', accountId)
    .where('mode', '=', mode)
    .where('number', '=', number)
    .executeTakeFirst();
  if (owned === undefined) throw new CoreError('number.not_found', `There is no verified number ${number}.`);
  throw new CoreError(
    'number.owned',
    `${number} is the account's own: "sidetone numbers remove ${number}" takes it away.`,
  );
}
