import { sql } from 'kysely';
import type { Db } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import type { Mode } from '#core/tables.js';

interface Reached {
  accountId: string;
  mode: Mode;
}

/**
 * Which of the numbers the account may reach as far as its stage goes: all of them in production, in development its
 * own and those that were verified. Test keys reach nobody, and so may reach everybody.
 */
export async function withinStage(
  db: Db,
  { accountId, mode, numbers }: Reached & { numbers: readonly string[] },
): Promise<Set<string>> {
  if (mode === 'test') return new Set(numbers);
  const { rows } = await sql<{ number: string }>`
    select asked.number from unnest(${numbers}::text[]) as asked (number)
    where exists (select from accounts a where a.id = ${accountId} and a.stage = 'production')
      or exists (
        select from numbers n where n.account_id = ${accountId} and n.mode = ${mode} and n.number = asked.number)
      or exists (
        select from verified_numbers v
        where v.account_id = ${accountId} and v.mode = ${mode} and v.number = asked.number)`.execute(db);
  return new Set(rows.map(({ number }) => number));
}

/** @throws CoreError `number.not_verified`; `field`: the input's name */
export async function checkStage(
  db: Db,
  { to, field = 'to', ...reached }: Reached & { to: string; field?: string },
): Promise<void> {
  const within = await withinStage(db, { ...reached, numbers: [to] });
  if (within.has(to)) return;
  throw new CoreError(
    'number.not_verified',
    `This account is in development and reaches verified numbers only. Verify this one with: sidetone numbers verify ${to}`,
    { field },
  );
}
