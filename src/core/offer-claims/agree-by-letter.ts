import type { Core, Db } from '#core/core.js';
import { inTransaction } from '#core/in-transaction.js';
import { readConsentToken } from '#core/offer-claims/ask-for-consent.js';
import { toOfferClaim, type OfferClaim } from '#core/offer-claims/offer-claim.js';
import { isOfferOpen, sharedOfferById, type SharedOffer } from '#core/offers/index.js';
import { campaignFacts } from '#core/referral-campaigns/index.js';
import { giveToMailbox, type Reward } from '#core/rewards/index.js';
import { agreeToLetters, holdMailboxes, toSitePerson } from '#core/site-people/index.js';

/** Whom a letter asks, and by which offer they came. */
export interface ConsentAsked {
  email: string;
  claim: OfferClaim;
  visited: SharedOffer;
}

export interface Agreed {
  /** What they have of what is promised to friends; empty: nothing is, or the offer is over. */
  rewards: Reward[];
  isOpen: boolean;
}

/** What a letter asks by this link. Undefined: it is none of ours, was for too long, or its address is another's by now. */
export async function readConsentLink(
  core: Pick<Core, 'db' | 'clock' | 'secrets'>,
  token: string,
): Promise<ConsentAsked | undefined> {
  const said = readConsentToken(core, token);
  return said === undefined ? undefined : asked(core.db, said);
}

async function asked(
  db: Db,
  { claimId, email }: { claimId: number; email: string },
): Promise<ConsentAsked | undefined> {
  const row = await db
    .selectFrom('offer_claims')
    .innerJoin('site_people', 'site_people.id', 'offer_claims.person_id')
    .selectAll('offer_claims')
    .where('offer_claims.id', '=', claimId)
    .where('site_people.email', '=', email)
    .executeTakeFirst();
  return row && { email, claim: toOfferClaim(row), visited: await sharedOfferById({ db }, row.offer_id) };
}

/**
 * Whoever reads the mailbox says that they want letters, which is told of, and is given what is promised to friends for
 * it. `refused`: they ended letters since.
 */
export async function agreeByLetter(
  core: Pick<Core, 'db' | 'clock' | 'secrets' | 'settings' | 'wake'>,
  { claim, visited, email }: ConsentAsked,
): Promise<Agreed | 'refused'> {
  const at = new Date(core.clock.now());
  const { site, offer, campaign } = visited;
  const isOpen = isOfferOpen(offer, campaign, site, at);
  const done = await inTransaction(core.db, async (tx): Promise<Agreed | 'refused'> => {
    await holdMailboxes(tx, site, [email]);
    const row = await tx
      .selectFrom('site_people')
      .selectAll()
      .where('id', '=', claim.personId)
      .where('email', '=', email)
      .forNoKeyUpdate()
      .executeTakeFirst();
    if (row === undefined) return 'refused';
    const about = { campaign: campaignFacts(campaign) };
    const person = await agreeToLetters(tx, core, site, toSitePerson(row), { at, about });
    if (person === undefined) return 'refused';
    if (!isOpen) return { rewards: [], isOpen };
    const friend = { campaign, offer, claimId: claim.id, visitor: claim.visitor, person };
    return { rewards: await giveToMailbox(tx, core, site, friend), isOpen };
  });
  core.wake.deliveries();
  return done;
}
