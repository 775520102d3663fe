import type { Transaction } from 'kysely';
import type { Origin } from '#core/origins/origin.js';
import type { Tables } from '#core/tables.js';

/** Whether the person of an origin had bought something before it. */
export async function boughtBefore(
  tx: Transaction<Tables>,
  origin: Pick<Origin, 'id' | 'kind'>,
  personId: number,
): Promise<boolean> {
  const earlier = await tx
    .selectFrom('origins')
    .select('id')
    .where('person_id', '=', personId)
    .where('kind', '=', 'purchase')
    // Of whoever only wants to recommend it is the oldest, and told again for good: whatever they bought is before it.
    .where('id', origin.kind === 'affiliate_member' ? '<>' : '<', origin.id)
    .limit(1)
    .executeTakeFirst();
  return earlier !== undefined;
}
