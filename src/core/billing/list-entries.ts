import type { EntryKind } from '#core/billing/open-wallet.js';
import { plainDecimal } from '#core/billing/money.js';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';

/** One line of the ledger; it never changes. */
export interface LedgerEntry {
  id: string;
  kind: EntryKind;
  /** What it changed the balance by, and the balance then; minor units. */
  amount: number;
  balanceAfter: number;
  /** The id of what it is for. */
  reference: string | undefined;
  unit: string | undefined;
  /** Up to four decimals, as text; the price is that of one unit. */
  quantity: string | undefined;
  price: string | undefined;
  note: string | undefined;
  at: Date;
}

/** The ledger of an account, the newest first. @throws CoreError `wallet.unknown_entry` */
export async function listEntries(
  core: Pick<Core, 'db'>,
  { accountId, limit, after }: { accountId: string; limit: number; after?: string | undefined },
): Promise<LedgerEntry[]> {
  let query = core.db.selectFrom('ledger_entries').selectAll().where('account_id', '=', accountId);
  if (after !== undefined) {
    const last = await query.where('id', '=', after).executeTakeFirst();
    if (last === undefined) {
      throw new CoreError('wallet.unknown_entry', `There is no entry ${after}.`, { field: 'startingAfter' });
    }
    query = query.where('sequence', '<', last.sequence);
  }
  const rows = await query.orderBy('sequence', 'desc').limit(limit).execute();
  return rows.map((row) => ({
    id: row.id,
    kind: row.kind,
    amount: row.amount,
    balanceAfter: row.balance_after,
    reference: row.reference ?? undefined,
    unit: row.unit ?? undefined,
    quantity: row.quantity === null ? undefined : plainDecimal(row.quantity),
    price: row.price === null ? undefined : plainDecimal(row.price),
    note: row.note ?? undefined,
    at: row.created_at,
  }));
}
