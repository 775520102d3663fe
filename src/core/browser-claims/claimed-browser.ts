import { sql, type Transaction } from 'kysely';
import type { Site } from '#core/sites/index.js';
import type { OriginKind, Tables } from '#core/tables.js';

const DAY_MS = 86_400_000;
/** A shop's server tells of an order soon after its page did. */
const GOOD_FOR_DAYS = 7;
/** Orders of one address that browsers named in those days; with more, somebody guesses numbers. */
const MOST_OF_ADDRESS = 10;

/** In which somebody bought. */
export interface ClaimedBrowser {
  visitor: string;
  ip: string | null;
  userAgent: string | null;
}

/**
 * The browser in which somebody bought, as it said itself, confirmed by what the shop's own server says now: the number and
 * the address, and the browser where it names one. Undefined where none said so, or more than one did: a number can be
 * guessed, and so nobody gains by guessing. Nor where browsers named more orders of this address than anybody has.
 */
export async function claimedBrowser(
  tx: Transaction<Tables>,
  site: Pick<Site, 'id'>,
  origin: { kind: OriginKind; category: string; number: string | null; email: string; visitor: string | null },
  at: Date,
): Promise<ClaimedBrowser | undefined> {
  // That somebody is who they say is confirmed by a signature alone: an address is known to many.
  if (origin.kind === 'affiliate_member' || origin.number === null) return undefined;
  const email = origin.email.trim().toLowerCase();
  const since = new Date(at.getTime() - GOOD_FOR_DAYS * DAY_MS);
  const { rows } = await sql<{ visitor: string; data: Partial<ClaimedBrowser> }>`
    select visitor, data from browser_claims
    where site_id = ${site.id} and kind = ${origin.kind} and category = ${origin.category}
      and number = ${origin.number} and data ->> 'email' = ${email}
      and (${origin.visitor}::uuid is null or visitor = ${origin.visitor}::uuid)
      and created_at > ${since}
      and (
        select count(*) from (
          select from browser_claims
          where site_id = ${site.id} and data ->> 'email' = ${email} and kind = ${origin.kind} and created_at > ${since}
          limit ${MOST_OF_ADDRESS + 1}
        ) as named
      ) <= ${MOST_OF_ADDRESS}
    limit 2`.execute(tx);
  const [one, other] = rows;
  if (one === undefined || other !== undefined) return undefined;
  return { visitor: one.visitor, ip: one.data.ip ?? null, userAgent: one.data.userAgent ?? null };
}
