import type { Transaction } from 'kysely';
import { recordAudit } from '#core/accounts/index.js';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { inTransaction } from '#core/in-transaction.js';
import { isRefundedWhole, toOrigin } from '#core/origins/index.js';
import { findReferralCampaign } from '#core/referral-campaigns/index.js';
import { approveReferral } from '#core/referrals/approve-referral.js';
import { toReferral, type Referral } from '#core/referrals/referral.js';
import { sceneOf, tellOfReferral } from '#core/referrals/tell-of-referral.js';
import { decidesAt } from '#core/referrals/write-referral.js';
import { holdPeople } from '#core/site-people/index.js';
import type { Site } from '#core/sites/index.js';
import type { ReferralStatus, Tables } from '#core/tables.js';

export interface DecideReferral {
  originId: number;
  status: ReferralStatus;
  /** `key:…`. */
  actor: string;
}

/**
 * Makes a referral what somebody says it is. What it is already, it stays, and nobody is told.
 * @throws CoreError `referral.not_found`, `referral.decided`
 */
export async function decideReferral(
  core: Pick<Core, 'db' | 'clock' | 'settings' | 'dialects' | 'wake'>,
  site: Site,
  { originId, status, actor }: DecideReferral,
): Promise<Referral> {
  const referral = await inTransaction(core.db, async (tx) => {
    const found = await lockReferral(tx, site, { originId });
    if (found === undefined) throw new CoreError('referral.not_found', 'No referral found by its origin.');
    if (found.status === status) return found;
    requireWay(found.status, status);
    await requireUnrefunded(tx, originId);
    const { accountId, mode } = site;
    const details = { site: site.slug, mode, origin: originId, from: found.status, to: status };
    const at = new Date(core.clock.now());
    await recordAudit(tx, { accountId, actor, action: 'referral.decide', subject: String(found.id), details, at });
    return status === 'approved'
      ? approveReferral(tx, core, site, found, actor)
      : changeStatus(tx, core, site, found, status, actor);
  });
  core.wake.deliveries();
  core.wake.referrals();
  return referral;
}

function requireWay(from: ReferralStatus, to: ReferralStatus): void {
  if (from === 'approved' || from === 'voided') {
    const final =
      to === 'approved' || to === 'voided'
        ? 'Approved and voided cannot be turned into each other'
        : `Status cannot be changed: the referral is ${from}`;
    throw new CoreError('referral.decided', final, { field: 'status' });
  }
  if (to === 'voided' && from === 'blocked') {
    throw new CoreError('referral.decided', 'Only pending and flagged referrals can be voided', { field: 'status' });
  }
}

/** Nothing comes of it any more. Who refunds it holds the referral as well. */
async function requireUnrefunded(tx: Transaction<Tables>, originId: number): Promise<void> {
  const origin = await tx.selectFrom('origins').selectAll().where('id', '=', originId).executeTakeFirstOrThrow();
  if (!isRefundedWhole(toOrigin(origin))) return;
  throw new CoreError('referral.decided', 'The origin was refunded', { field: 'status' });
}

/** Of a locked referral; not to `approved`. Wake the deliveries and the referrals after it. */
export async function changeStatus(
  tx: Transaction<Tables>,
  core: Pick<Core, 'clock' | 'settings'>,
  site: Site,
  { id, campaignId }: Referral,
  status: Exclude<ReferralStatus, 'approved'>,
  decidedBy: string,
): Promise<Referral> {
  const at = new Date(core.clock.now());
  const campaign = await findReferralCampaign({ db: tx }, site, campaignId);
  const row = await tx
    .updateTable('referrals')
    .set({ status, decided_by: decidedBy, decides_at: decidesAt(campaign, status, at), updated_at: at })
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow();
  const referral = toReferral(row);
  const scene = await sceneOf(tx, site, referral);
  await tellOfReferral(tx, core, site, 'referral.status_changed', { referral, scene, rewards: [] });
  return referral;
}

/**
 * Its two people, whom nobody erases meanwhile, its offer, then itself: what counts an advocate's referrals sees one after
 * the other. `passing`: undefined also where somebody else decides it now.
 */
export async function lockReferral(
  tx: Transaction<Tables>,
  site: Pick<Site, 'id'>,
  which: { id: number } | { originId: number },
  { passing = false } = {},
): Promise<Referral | undefined> {
  const [column, id] = 'id' in which ? (['id', which.id] as const) : (['origin_id', which.originId] as const);
  const seen = await tx
    .selectFrom('referrals')
    .select(['id', 'offer_id', 'advocate_id', 'friend_id'])
    .where('site_id', '=', site.id)
    .where(column, '=', id)
    .executeTakeFirst();
  if (seen === undefined) return undefined;
  await holdPeople(tx, [seen.advocate_id, seen.friend_id]);
  await tx.selectFrom('offers').select('id').where('id', '=', seen.offer_id).forNoKeyUpdate().execute();
  const query = tx.selectFrom('referrals').selectAll().where('id', '=', seen.id).forUpdate();
  const row = await (passing ? query.skipLocked() : query).executeTakeFirst();
  return row === undefined ? undefined : toReferral(row);
}
