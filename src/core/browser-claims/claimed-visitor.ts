import { sql, type Transaction } from 'kysely';
import type { Site } from '#core/sites/index.js';
import type { OriginKind, Tables } from '#core/tables.js';

const DAY_MS = 86_400_000;
/** A shop's server tells of an order soon after its page did. */
const GOOD_FOR_DAYS = 7;

/**
 * The browser in which somebody bought, as it said itself, confirmed by what the shop's own server says now: the number and
 * the address. Null where none said so, or more than one did: a number can be guessed, and so nobody gains by guessing.
 */
export async function claimedVisitor(
  tx: Transaction<Tables>,
  site: Pick<Site, 'id'>,
  origin: { kind: OriginKind; category: string; number: string | null; email: string },
  at: Date,
): Promise<string | null> {
  // That somebody is who they say is confirmed by a signature alone: an address is known to many.
  if (origin.kind === 'affiliate_member' || origin.number === null) return null;
  const { rows } = await sql<{ id: number; visitor: string }>`
    select id, visitor from browser_claims
    where site_id = ${site.id} and kind = ${origin.kind} and category = ${origin.category}
      and number = ${origin.number} and data ->> 'email' = ${origin.email.trim().toLowerCase()}
      and created_at > ${new Date(at.getTime() - GOOD_FOR_DAYS * DAY_MS)}
    limit 2`.execute(tx);
  const [one, other] = rows;
  if (one === undefined || other !== undefined) return null;
  await tx.updateTable('browser_claims').set({ confirmed_at: at }).where('id', '=', one.id).execute();
  return one.visitor;
}
