import { createHash } from 'node:crypto';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { inTransaction } from '#core/in-transaction.js';
import { claimAs, type ClaimedAs } from '#core/offer-claims/index.js';
import { createOrigin } from '#core/referral-programme/create-origin.js';
import { findReferralCampaign } from '#core/referral-campaigns/index.js';
import { checkEmail } from '#core/site-people/index.js';
import type { Site } from '#core/sites/index.js';

export interface ShareAndClaim {
  advocateEmail: string;
  friendEmail: string;
}

/**
 * An advocate's offer reaches a friend without a link, as the shop's server says: both in one. The same again answers the
 * same.
 * @throws CoreError `offer.bad_input`, `offer.no_campaign`
 */
export async function shareAndClaim(
  core: Pick<Core, 'db' | 'clock' | 'settings' | 'secrets' | 'wake'>,
  site: Site,
  { advocateEmail, friendEmail }: ShareAndClaim,
): Promise<ClaimedAs> {
  const advocate = checked(advocateEmail, 'advocateEmail');
  const friend = checked(friendEmail, 'friendEmail');
  return inTransaction(core.db, async (tx) => {
    const within = { ...core, db: tx };
    const { offer } = await createOrigin(within, site, { kind: 'affiliate_member', person: { email: advocate } });
    if (offer === null) throw new CoreError('offer.no_campaign', 'No campaign found.');
    const campaign = await findReferralCampaign(within, site, offer.campaignId);
    const visit = { channel: 'other', visitor: browserOf(site, friend), ip: null };
    return claimAs(within, { offer, site, campaign }, visit, { email: friend, wantsLetters: false });
  });
}

function checked(text: string, field: 'advocateEmail' | 'friendEmail'): string {
  try {
    return checkEmail(text);
  } catch {
    throw new CoreError('offer.bad_input', 'This is no e-mail address.', { field });
  }
}

/** There is no browser: the same one each time for the same friend (RFC 9562 section 5.8). */
function browserOf(site: Site, email: string): string {
  const hex = createHash('sha256').update(`${site.id} ${email}`).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  );
}
