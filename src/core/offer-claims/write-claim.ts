import { sql, type Selectable, type Transaction } from 'kysely';
import { CoreError } from '#core/errors.js';
import { networkOf, plainIp } from '#core/network.js';
import { toOfferClaim, type OfferClaim } from '#core/offer-claims/offer-claim.js';
import { friendOfferEnd } from '#core/offer-claims/offer-end.js';
import type { Visit } from '#core/offer-claims/record-claim.js';
import type { SharedOffer } from '#core/offers/index.js';
import type { OfferClaimTable, Tables } from '#core/tables.js';

/** Friends in one browser who come by one offer in any 24 h: those who share it at home. Nobody vouches for who they are. */
const MOST_IN_BROWSER = 3;
/** And from one network: an office does, and so does whoever collects codes. */
const MOST_FROM_NETWORK = 20;
const DAY_MS = 86_400_000;
const LONGEST_AGENT = 500;

export interface WrittenClaim {
  claim: OfferClaim;
  /** Whether this person came by this offer for the first time. Of nobody in particular: false. */
  isNewFriend: boolean;
}

type SeenRow = { known: boolean; from_network: number } & {
  [Column in keyof Selectable<OfferClaimTable>]: Selectable<OfferClaimTable>[Column] | null;
};

/**
 * That somebody came by an offer: of this browser's claims of today the one that is theirs, or was nobody's yet; else a new
 * one, within the bounds of those who may come. Of several people in one browser, each has a claim of their own.
 * @throws CoreError `offer_claim.too_many`
 */
export async function writeClaim(
  tx: Transaction<Tables>,
  visited: SharedOffer,
  visit: Visit,
  personId: number | null,
  at: Date,
): Promise<WrittenClaim> {
  const { offer, site } = visited;
  const network = visit.ip === null ? null : networkOf(visit.ip);
  // Whoever comes from one network is counted one after the other; the row of the browser is locked already.
  if (network !== null) {
    await sql`select pg_advisory_xact_lock(hashtextextended(${`offer ${offer.id} ${network}`}, 0))`.execute(tx);
  }
  const dayAgo = new Date(at.getTime() - DAY_MS);
  const { rows } = await sql<SeenRow>`
    select claims.*,
      exists (select from offer_claims where person_id = ${personId} and offer_id = ${offer.id}) as known,
      (
        select count(*)::int from (
          select from offer_claims where offer_id = ${offer.id} and network = ${network} and created_at > ${dayAgo}
          limit ${MOST_FROM_NETWORK}
        ) as came
      ) as from_network
    from (select) as one
    left join lateral (
      select * from offer_claims where site_id = ${site.id} and visitor = ${visit.visitor} and offer_id = ${offer.id}
      order by id desc limit ${MOST_IN_BROWSER}
    ) as claims on true`.execute(tx);
  const { known = false, from_network: fromNetwork = 0 } = rows[0] ?? {};
  const earlier = rows.filter((row): row is typeof row & Selectable<OfferClaimTable> => row.id !== null);
  const today = earlier.filter(({ created_at }) => created_at > dayAgo);
  const isNewFriend = personId !== null && !known;
  const own =
    personId === null
      ? today[0]
      : (today.find(({ person_id }) => person_id === personId) ?? today.find(({ person_id }) => person_id === null));
  if (own !== undefined) {
    if (personId === null || own.person_id !== null) return { claim: toOfferClaim(own), isNewFriend };
    // They may have looked on the way and said it at home: they count where they said it.
    if (own.network !== network && fromNetwork >= MOST_FROM_NETWORK) throw tooMany();
    const typed = await tx
      .updateTable('offer_claims')
      .set({ person_id: personId, network, ip: visit.ip === null ? null : plainIp(visit.ip) })
      .where('id', '=', own.id)
      .returningAll()
      .executeTakeFirstOrThrow();
    return { claim: toOfferClaim(typed), isNewFriend };
  }
  if (today.length >= MOST_IN_BROWSER || fromNetwork >= MOST_FROM_NETWORK) {
    throw tooMany();
  }
  const claim = await insertClaim(tx, visited, { ...visit, network, personId, last: earlier[0] }, at);
  return { claim, isNewFriend };
}

function tooMany(): CoreError {
  return new CoreError('offer_claim.too_many', 'Too many friends came from this browser or this address today.');
}

async function insertClaim(
  tx: Transaction<Tables>,
  { offer, site, campaign }: SharedOffer,
  coming: Visit & { network: string | null; personId: number | null; last: Selectable<OfferClaimTable> | undefined },
  at: Date,
): Promise<OfferClaim> {
  const { channel, shareId, visitor, ip, userAgent, network, personId, last } = coming;
  const row = await tx
    .insertInto('offer_claims')
    .values({
      ...{ site_id: site.id, offer_id: offer.id, share_id: shareId ?? null, channel, visitor, network },
      ip: ip === null ? null : plainIp(ip),
      user_agent: userAgent?.slice(0, LONGEST_AGENT) ?? null,
      // Coming again gives nobody more time.
      expires_at: last === undefined ? friendOfferEnd(campaign, at) : last.expires_at,
      person_id: personId ?? last?.person_id ?? null,
      created_at: at,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  return toOfferClaim(row);
}
