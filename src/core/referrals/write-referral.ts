import type { Transaction } from 'kysely';
import type { Core } from '#core/core.js';
import type { Origin } from '#core/origins/index.js';
import type { ReferralCampaign } from '#core/referral-campaigns/index.js';
import type { Clue } from '#core/referrals/clues.js';
import { lookForFraud } from '#core/referrals/look-for-fraud.js';
import { toReferral, type Referral } from '#core/referrals/referral.js';
import { tellOfReferral } from '#core/referrals/tell-of-referral.js';
import { holdPeople, personById, type SitePerson } from '#core/site-people/index.js';
import type { FraudFinding, Site } from '#core/sites/index.js';
import type { ReferralStatus, Tables } from '#core/tables.js';

/** `unconfirmed`: why nothing confirms it. `passes`: whatever looks like fraud, it is pending. Undefined: the origin is referred already, or the advocate was erased. Wake the deliveries and the referrals after it. */
export async function writeReferral(
  tx: Transaction<Tables>,
  core: Pick<Core, 'clock' | 'settings'>,
  site: Site,
  referring: { origin: Origin; friend: SitePerson; clue: Clue; unconfirmed?: string | undefined; passes?: boolean },
): Promise<Referral | undefined> {
  const { origin, friend, clue, unconfirmed, passes = false } = referring;
  const { offer, campaign, claim, channel, method } = clue;
  // What is told of them is not told once they are erased.
  await holdPeople(tx, [offer.personId, friend.id]);
  const advocate = await personById({ db: tx }, site, offer.personId);
  if (advocate.anonymizedAt !== null) return undefined;
  const fraud = await lookForFraud(tx, site, origin, { advocate, friend }, { ...clue, unconfirmed });
  const at = new Date(core.clock.now());
  const status = passes ? 'pending' : statusBy(fraud);
  const row = await tx
    .insertInto('referrals')
    .values({
      ...{ site_id: site.id, campaign_id: campaign.id, offer_id: offer.id, origin_id: origin.id },
      ...{ advocate_id: offer.personId, friend_id: friend.id, claim_id: claim?.id ?? null, channel },
      ...{ status, track_method: method, fraud: JSON.stringify(fraud) },
      ...{ decides_at: decidesAt(campaign, status, at), created_at: at, updated_at: at },
    })
    .onConflict((conflict) => conflict.column('origin_id').doNothing())
    .returningAll()
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const referral = toReferral(row);
  const scene = { campaign, offer, advocate, friend, origin };
  await tellOfReferral(tx, core, site, 'referral.created', { referral, scene, rewards: [] });
  return referral;
}

/** When it is decided by itself; null: it is, or somebody must. */
export function decidesAt({ settings }: ReferralCampaign, status: ReferralStatus, at: Date): Date | null {
  const seconds =
    status === 'pending' ? settings.approvalDelay : status === 'flagged' ? settings.flagged?.delay : undefined;
  return seconds === undefined ? null : new Date(at.getTime() + seconds * 1000);
}

function statusBy(fraud: readonly FraudFinding[]): ReferralStatus {
  if (fraud.some(({ outcome }) => outcome === 'block')) return 'blocked';
  return fraud.some(({ outcome }) => outcome === 'flag') ? 'flagged' : 'pending';
}
