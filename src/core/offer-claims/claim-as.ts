import type { Core } from '#core/core.js';
import { inTransaction } from '#core/in-transaction.js';
import { plainIp } from '#core/network.js';
import { askForConsent } from '#core/offer-claims/ask-for-consent.js';
import type { OfferClaim } from '#core/offer-claims/offer-claim.js';
import type { Visit } from '#core/offer-claims/record-claim.js';
import { writeClaim } from '#core/offer-claims/write-claim.js';
import { offerFacts, type SharedOffer } from '#core/offers/index.js';
import { campaignFacts } from '#core/referral-campaigns/index.js';
import { giveToMailbox, isAdvocatesBrowser, type Reward } from '#core/rewards/index.js';
import {
  checkEmail,
  holdMailboxes,
  linkVisitor,
  mailboxOf,
  personById,
  personFacts,
  standingOf,
  upsertPerson,
  type SitePerson,
} from '#core/site-people/index.js';
import { siteFacts } from '#core/sites/index.js';
import { publishEvent } from '#core/webhooks/index.js';

export interface FriendSays {
  email: string;
  /** That they want letters of the site, which whoever reads their mailbox is asked then. */
  wantsLetters: boolean;
}

export interface ClaimedAs {
  claim: OfferClaim;
  person: SitePerson;
  /** Empty: nothing is promised to friends, or not to them. */
  rewards: Reward[];
  /** Of the letter that asks them; in test mode alone, where it goes to nobody. */
  letterLink: string | null;
  /** They are the advocate, or in a browser that is known as the advocate's, which nobody is told who only has the link. */
  isAdvocate: boolean;
}

/**
 * A friend who came by an offer says who they are, and is given what is promised to friends. Nobody vouches for what they
 * say: their browser is not taken for that person's by it.
 * @throws CoreError `site_person.bad_input`, `offer_claim.too_many`
 */
export async function claimAs(
  core: Pick<Core, 'db' | 'clock' | 'secrets' | 'settings' | 'wake'>,
  visited: SharedOffer,
  visit: Visit,
  says: FriendSays,
): Promise<ClaimedAs> {
  const at = new Date(core.clock.now());
  const { site, offer, campaign } = visited;
  const email = checkEmail(says.email);
  const done = await inTransaction(core.db, async (tx): Promise<ClaimedAs> => {
    await holdMailboxes(tx, site, [email]);
    const advocate = await personById({ db: tx }, site, offer.personId);
    const person = await upsertPerson(tx, site, { email }, at);
    await linkVisitor(tx, site, visit.visitor, null, at);
    const isAdvocate =
      person.id === advocate.id || (person.email !== null && mailboxOf(person.email) === advocate.mailbox);
    const { claim, isNewFriend } = await writeClaim(tx, visited, visit, person.id, at);
    if (isAdvocate) return { claim, person, rewards: [], letterLink: null, isAdvocate };
    const link = says.wantsLetters ? await askForConsent(tx, core, site, { claim, person, at }) : null;
    const { id: claimId } = claim;
    // Whoever can type an address there is the advocate as well; the friend's mailbox, and the shop, say more.
    const inOwnBrowser = await isAdvocatesBrowser(tx, site, offer, visit.visitor);
    const friend = { campaign, offer, claimId, visitor: visit.visitor, person };
    const rewards = inOwnBrowser ? [] : await giveToMailbox(tx, core, site, friend);
    const kind = { accountId: site.accountId, mode: site.mode, siteId: site.id, at };
    const data = { ...siteFacts(site), person: personFacts(person), campaign: campaignFacts(campaign) };
    if (isNewFriend) {
      const standing = await standingOf(tx, person.id);
      await publishEvent(tx, {
        ...{ ...kind, type: 'friend.joined', subject: String(claim.id) },
        data: {
          ...{ ...data, standing },
          offer: offerFacts(core, offer),
          ip: visit.ip === null ? null : plainIp(visit.ip),
          channel: claim.channel,
        },
      });
    }
    const letterLink = site.mode === 'test' ? link : null;
    return { claim, person, rewards, letterLink, isAdvocate: inOwnBrowser };
  });
  core.wake.deliveries();
  core.wake.emails();
  return done;
}
