import type { Transaction } from 'kysely';
import { recordAudit } from '#core/accounts/index.js';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { inTransaction } from '#core/in-transaction.js';
import { toOffer } from '#core/offers/index.js';
import { isRefundedWhole, toOrigin, type Origin } from '#core/origins/index.js';
import { findReferralCampaign } from '#core/referral-campaigns/index.js';
import type { Clue } from '#core/referrals/clues.js';
import { counts, takes } from '#core/referrals/match-referral.js';
import type { Referral } from '#core/referrals/referral.js';
import { writeReferral } from '#core/referrals/write-referral.js';
import { holdPeople, personById } from '#core/site-people/index.js';
import type { Site } from '#core/sites/index.js';
import type { Tables } from '#core/tables.js';
import { forgetEvents } from '#core/webhooks/index.js';

export interface ReferByHand {
  origin: Origin;
  advocateId: number;
  /** Default: the latest of the advocate's that takes the origin. */
  campaign?: number | string | undefined;
  /** Also after the end of the offer or its campaign, whatever looks like fraud, and in place of one that is voided. */
  force: boolean;
  actor: string;
}

/**
 * Somebody at the shop says who brought a purchase or an event that was nobody's, or whose referral came to nothing.
 * @throws CoreError `referral.bad_input`, `referral_campaign.not_found`
 */
export async function referByHand(
  core: Pick<Core, 'db' | 'clock' | 'settings' | 'wake'>,
  site: Site,
  { origin: { id: originId, personId }, advocateId, campaign, force, actor }: ReferByHand,
): Promise<Referral> {
  if (personId === advocateId) throw impossible('Nobody brings themselves');
  const at = new Date(core.clock.now());
  const referral = await inTransaction(core.db, async (tx) => {
    await holdPeople(tx, [advocateId, personId]);
    const advocate = await personById({ db: tx }, site, advocateId);
    if (advocate.anonymizedAt !== null) throw impossible('The advocate was erased');
    const friend = await personById({ db: tx }, site, personId);
    const replaced = force ? await removeVoided(tx, site, originId) : [];
    // Held, so that nobody refunds it meanwhile.
    const row = await tx
      .selectFrom('origins')
      .selectAll()
      .where('id', '=', originId)
      .forKeyShare()
      .executeTakeFirstOrThrow();
    const origin = toOrigin(row);
    if (isRefundedWhole(origin)) throw impossible('The origin was refunded');
    const clue = await clueOf(tx, site, { origin, advocateId, campaign, force });
    const written = await writeReferral(tx, core, site, { origin, friend, clue, passes: force });
    if (written === undefined) throw impossible('The origin has a referral already');
    const { accountId, mode } = site;
    const details = { site: site.slug, mode, origin: origin.id, force, replaced };
    await recordAudit(tx, { accountId, actor, action: 'referral.create', subject: String(written.id), details, at });
    return written;
  });
  core.wake.deliveries();
  core.wake.referrals();
  return referral;
}

async function clueOf(
  tx: Transaction<Tables>,
  site: Site,
  { origin, advocateId, campaign, force }: Omit<ReferByHand, 'actor'>,
): Promise<Clue> {
  const only = campaign === undefined ? undefined : await findReferralCampaign({ db: tx }, site, campaign);
  let offers = tx
    .selectFrom('offers')
    .selectAll()
    .where('site_id', '=', site.id)
    .where('person_id', '=', advocateId)
    .orderBy('id', 'desc');
  if (only !== undefined) offers = offers.where('campaign_id', '=', only.id);
  for (const row of await offers.execute()) {
    const clue: Clue = {
      method: force ? 'force_manually_generated' : 'manually_generated',
      offer: toOffer(row),
      campaign: only ?? (await findReferralCampaign({ db: tx }, site, row.campaign_id)),
      claim: null,
      channel: null,
      confirmed: true,
    };
    if (force ? takes(clue.campaign, origin) : counts(clue, site, origin)) return clue;
  }
  throw impossible('The advocate has no offer that counts for this origin');
}

/**
 * It was never rewarded. What events say of it goes with it: nothing would lead to them any more when its people are erased
 * (rule 21).
 */
async function removeVoided(tx: Transaction<Tables>, site: Site, originId: number): Promise<number[]> {
  const gone = await tx
    .deleteFrom('referrals')
    .where('origin_id', '=', originId)
    .where('site_id', '=', site.id)
    .where('status', '=', 'voided')
    .where((where) =>
      where.not(
        where.exists(where.selectFrom('rewards').select('rewards.id').whereRef('referral_id', '=', 'referrals.id')),
      ),
    )
    .returning('id')
    .execute();
  const ids = gone.map(({ id }) => id);
  await forgetEvents(tx, site, ids.map(String));
  return ids;
}

function impossible(message: string): CoreError {
  return new CoreError('referral.bad_input', message);
}
