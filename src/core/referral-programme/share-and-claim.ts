import { sql, type Transaction } from 'kysely';
import { createHmac } from 'node:crypto';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { inTransaction } from '#core/in-transaction.js';
import { claimAs } from '#core/offer-claims/index.js';
import { isOfferOpen } from '#core/offers/index.js';
import { createOrigin } from '#core/referral-programme/create-origin.js';
import type { Reward } from '#core/rewards/index.js';
import { checkEmail } from '#core/site-people/index.js';
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
    await inTurns(tx, site, [advocate, friend]);
    const tags = tag === undefined ? undefined : [tag];
    const asking = { kind: 'affiliate_member' as const, person: { email: advocate }, tags, renewsOffer: false };
    const joined = await createOrigin(within, site, asking);
    if (joined.offer === null) throw new CoreError('offer.no_campaign', 'No campaign found.');
    const { offer, campaign } = joined.offer;
    if (!isOfferOpen(offer, campaign, site, new Date(core.clock.now())))
      return { reward: null, refused: 'offer_ended' };
    const visit = { channel: 'other', visitor: browserOf(core, site, friend), ip: null };
    const says = { email: friend, wantsLetters: false };
    const { reward, isAdvocate } = await claimAs(within, joined.offer, visit, says);
    return { reward, refused: isAdvocate ? 'self_referral' : null };
  });
  core.wake.deliveries();
  return done;
}

/** Both people are written here, and may be new: two who claim one another's offers would wait crosswise. */
async function inTurns(tx: Transaction<Tables>, site: Site, emails: readonly string[]): Promise<void> {
  const names = emails.map((email) => `share and claim ${site.id} ${email}`).sort();
  await sql`select pg_advisory_xact_lock(hashtextextended(name, 0)) from unnest(${names}::text[]) as name`.execute(tx);
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
