import type { Transaction } from 'kysely';
import { createHmac } from 'node:crypto';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { inTransaction } from '#core/in-transaction.js';
import { claimAs } from '#core/offer-claims/index.js';
import { isOfferOpen, toOffer, type SharedOffer } from '#core/offers/index.js';
import { isOpen, listReferralCampaigns } from '#core/referral-campaigns/index.js';
import { createOrigin } from '#core/referral-programme/create-origin.js';
import { tagsOf } from '#core/referral-programme/joins.js';
import type { Reward } from '#core/rewards/index.js';
import { checkEmail, holdMailboxes, type SitePerson } from '#core/site-people/index.js';
import type { Site } from '#core/sites/index.js';
import type { Tables } from '#core/tables.js';

export interface ShareAndClaim {
  advocateEmail: string;
  friendEmail: string;
  /** Of campaigns with this tag only. */
  tag?: string | undefined;
}

export interface SharedAndClaimed {
  /** Null: nothing is promised to friends, or not to them. */
  reward: Reward | null;
  /** Why there is none: the friend is the advocate, or the offer is over. */
  refused: 'self_referral' | 'offer_ended' | null;
}

/**
 * An advocate's offer reaches a friend without a link, as the shop's server says: both in one. The same again answers the
 * same.
 * @throws CoreError `offer.bad_input`, `offer.no_campaign`
 */
export async function shareAndClaim(
  core: Pick<Core, 'db' | 'clock' | 'settings' | 'secrets' | 'wake'>,
  site: Site,
  { advocateEmail, friendEmail, tag }: ShareAndClaim,
): Promise<SharedAndClaimed> {
  const advocate = checked(advocateEmail, 'advocateEmail');
  const friend = checked(friendEmail, 'friendEmail');
  const done = await inTransaction(core.db, async (tx): Promise<SharedAndClaimed> => {
    const within = { ...core, db: tx };
    // Both people are written here, and may be new.
    await holdMailboxes(tx, site, [advocate, friend]);
    const tags = tag === undefined ? undefined : [tag];
    const asking = { kind: 'affiliate_member' as const, person: { email: advocate }, tags, renewsOffer: false };
    const joined = await createOrigin(within, site, asking);
    const at = new Date(core.clock.now());
    const shared = joined.offer ?? (await offerBefore(tx, site, joined.person, tag, at));
    if (shared === undefined) throw new CoreError('offer.no_campaign', 'No campaign found.');
    const { offer, campaign } = shared;
    if (!isOfferOpen(offer, campaign, site, at)) return { reward: null, refused: 'offer_ended' };
    const visit = { channel: 'other', visitor: browserOf(core, site, friend), ip: null };
    const says = { email: friend, wantsLetters: false };
    const { rewards, isAdvocate } = await claimAs(within, shared, visit, says);
    return { reward: rewards[0] ?? null, refused: isAdvocate ? 'self_referral' : null };
  });
  core.wake.deliveries();
  return done;
}

/** The latest that the advocate has of an open campaign which takes nobody for the asking: they joined it by a purchase. */
async function offerBefore(
  tx: Transaction<Tables>,
  site: Site,
  { id }: SitePerson,
  tag: string | undefined,
  at: Date,
): Promise<SharedOffer | undefined> {
  const rows = await tx.selectFrom('offers').selectAll().where('person_id', '=', id).orderBy('id', 'desc').execute();
  if (rows.length === 0) return undefined;
  const campaigns = (await listReferralCampaigns({ db: tx }, site)).filter(
    (one) => isOpen(one, site, at) && (tag === undefined || tagsOf(one).includes(tag)),
  );
  for (const row of rows) {
    const campaign = campaigns.find((one) => one.id === row.campaign_id);
    if (campaign !== undefined) return { offer: toOffer(row), site, campaign };
  }
  return undefined;
}

function checked(text: string, field: 'advocateEmail' | 'friendEmail'): string {
  try {
    return checkEmail(text);
  } catch {
    throw new CoreError('offer.bad_input', 'This is no e-mail address.', { field });
  }
}

/** There is no browser: the same one each time for the same friend (RFC 9562 section 5.8). Without the key it names nobody. */
function browserOf({ secrets }: Pick<Core, 'secrets'>, site: Site, email: string): string {
  const hex = createHmac('sha256', secrets.derive('browsers of friends')).update(`${site.id} ${email}`).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  );
}
