import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import type { Mode } from '#core/tables.js';

/** A number of the account that can be called. */
export interface CallableNumber {
  /** Names its routing object, too. */
  id: number;
  number: string;
  createdAt: Date;
}

interface Owner {
  accountId: string;
  mode: Mode;
}

/** One page of those, the oldest first. `search`: some of its digits. */
export async function pageNumbers(
  core: Pick<Core, 'db'>,
  owner: Owner,
  { page, pageSize, search }: { page: number; pageSize: number; search?: string | undefined },
): Promise<{ items: CallableNumber[]; total: number }> {
  let query = callable(core, owner);
  if (search !== undefined) query = query.where('number', 'like', `%${search.replace(/[^0-9]/g, '')}%`);
  const { total } = await query.select(({ fn }) => fn.countAll<string>().as('total')).executeTakeFirstOrThrow();
  const rows = await query
    .select(['id', 'number', 'created_at'])
    .orderBy('id')
    .limit(pageSize)
    .offset((page - 1) * pageSize)
    .execute();
  return {
    items: rows.map(({ id, number, created_at: createdAt }) => ({ id, number, createdAt })),
    total: Number(total),
  };
}

/** @throws CoreError `number.not_found`, also for one of another account or mode */
export async function findCallableNumber(core: Pick<Core, 'db'>, owner: Owner, id: number): Promise<CallableNumber> {
  const row = await callable(core, owner)
    .select(['id', 'number', 'created_at'])
    .where('id', '=', id)
    .executeTakeFirst();
  if (row === undefined) throw new CoreError('number.not_found', `There is no number ${id}.`);
  return { id: row.id, number: row.number, createdAt: row.created_at };
}

function callable(core: Pick<Core, 'db'>, { accountId, mode }: Owner) {
  return core.db
    .selectFrom('numbers')
    .where('account_id', '=', accountId)
    .where('mode', '=', mode)
    .where('kind', '=', 'e164');
}
