import type { Transaction } from 'kysely';
import { claimedBrowser } from '#core/browser-claims/index.js';
import type { Core } from '#core/core.js';
import { useCoupons } from '#core/coupons/index.js';
import { inTransaction } from '#core/in-transaction.js';
import { collectForOrigin } from '#core/loyalty/index.js';
import type { SharedOffer } from '#core/offers/index.js';
import {
  addressOfRepeated,
  checkOrigin,
  originFacts,
  writeOrigin,
  type NewOrigin,
  type Origin,
} from '#core/origins/index.js';
import { offersFor } from '#core/referral-programme/offers-for.js';
import { listReferralCampaigns } from '#core/referral-campaigns/index.js';
import { matchReferral } from '#core/referrals/index.js';
import { linkVisitor, personFacts, upsertPerson, type SitePerson } from '#core/site-people/index.js';
import { siteFacts, type Site } from '#core/sites/index.js';
import type { Tables } from '#core/tables.js';
import { publishEvent } from '#core/webhooks/index.js';

export interface CreatedOrigin {
  origin: Origin;
  person: SitePerson;
  /** What they can pass on from now on; null: no campaign takes them. */
  offer: SharedOffer | null;
  /** Whether it was there already, with the same data. */
  repeated: boolean;
}

/**
 * Writes down a purchase, an event, or that somebody wants to recommend the shop, with all that comes of it. The same
 * again changes nothing and answers the same.
 * @throws CoreError `origin.bad_input`, `origin.duplicate`, `site_person.bad_input`, `visitor.bad_input`
 */
export async function createOrigin(
  core: Pick<Core, 'db' | 'clock' | 'settings' | 'secrets' | 'wake'>,
  site: Site,
  input: NewOrigin & {
    createOffers?: boolean;
    /** False: somebody else asks for whoever wants to recommend, and what is over stays so. */
    renewsOffer?: boolean;
  },
): Promise<CreatedOrigin> {
  const at = new Date(core.clock.now());
  const said = checkOrigin(site, input, at);
  const created = await inTransaction(core.db, async (tx) => {
    // Read once: whatever follows asks for them.
    const campaigns = await listReferralCampaigns({ db: tx }, site);
    const email = (await addressOfRepeated(tx, site, said)) ?? said.person.email;
    const person = await upsertPerson(tx, site, { ...said.person, email }, at);
    const { kind, category, number } = said;
    const asSaid = { kind, category, number, email: said.person.email, visitor: said.visitor };
    const browser = await claimedBrowser(tx, site, asSaid, at);
    const checked = {
      ...said,
      visitor: said.visitor ?? browser?.visitor ?? null,
      ip: said.ip ?? browser?.ip ?? null,
      userAgent: said.userAgent ?? browser?.userAgent ?? null,
    };
    const { origin, repeated } = await writeOrigin(tx, site, checked, person, at);
    if (!repeated) {
      await tellOf(tx, site, person, origin, at);
      await matchReferral(tx, core, site, { origin, person, campaigns });
    }
    // Afterwards: the checks for fraud look at whose browser it was before.
    if (checked.visitor !== null) await linkVisitor(tx, site, checked.visitor, person.id, at);
    // Whoever asks again may name other campaigns, and another browser; to recommend is asked now, however often.
    const asks = kind === 'affiliate_member';
    const happenedAt = asks ? checked.happenedAt : origin.happenedAt;
    const asked = { ...origin, tags: checked.tags, visitor: checked.visitor, happenedAt };
    const isNew = input.renewsOffer !== false && (asks || !repeated);
    const offer =
      input.createOffers === false
        ? null
        : await offersFor(tx, core, site, { person, origin: asked, campaigns, isNew });
    if (!repeated) await useCoupons(tx, site, origin.couponCodes, at);
    // The row of a member is held last.
    await collectForOrigin(tx, core, site, { person, origin, campaigns, before: repeated });
    return { origin, person, offer, repeated };
  });
  core.wake.deliveries();
  core.wake.referrals();
  return created;
}

/** Of those who want to recommend, it is told that they joined a campaign. */
async function tellOf(
  tx: Transaction<Tables>,
  site: Site,
  person: SitePerson,
  origin: Origin,
  at: Date,
): Promise<void> {
  if (origin.kind === 'affiliate_member') return;
  await publishEvent(tx, {
    ...{ accountId: site.accountId, mode: site.mode, siteId: site.id, type: 'origin.registered', at },
    subject: String(origin.id),
    data: { ...siteFacts(site), person: personFacts(person), origin: originFacts(origin) },
  });
}
