import type { Transaction } from 'kysely';
import { recordAudit } from '#core/accounts/index.js';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { inTransaction } from '#core/in-transaction.js';
import { takeBackForOrigin, takeBackForReferral } from '#core/loyalty/index.js';
import { isRefundedWhole, toOrigin, type Origin } from '#core/origins/index.js';
import { findReferralCampaign } from '#core/referral-campaigns/index.js';
import { changeStatus, lockReferral } from '#core/referrals/decide-referral.js';
import type { Referral } from '#core/referrals/referral.js';
import { takeBackRewards, type TakenBack } from '#core/rewards/index.js';
import type { Site } from '#core/sites/index.js';
import type { Tables } from '#core/tables.js';

export interface RefundOrigin {
  originId: number;
  /** Minor units. Default: all of it. */
  subtotal?: number | undefined;
  /** Default: now. */
  refundedAt?: Date | undefined;
  /** `key:…`. */
  actor: string;
}

export interface RefundedOrigin {
  origin: Origin;
  /** As it is after it; undefined: nobody brought it. */
  referral: Referral | undefined;
  rewards: TakenBack;
}

/**
 * Writes down that the shop gave money back. All of it: a referral that is not decided yet is voided; an approved one
 * stays so, and what it gave is taken back, as far as it was not used. A part: what needed a larger purchase is.
 * @throws CoreError `origin.not_found`, `origin.refunded`, `origin.bad_input`
 */
export async function refundOrigin(
  core: Pick<Core, 'db' | 'clock' | 'settings' | 'wake'>,
  site: Site,
  refund: RefundOrigin,
): Promise<RefundedOrigin> {
  const refunded = await inTransaction(core.db, async (tx) => {
    const known = await lockReferral(tx, site, refund);
    const origin = await writeRefund(tx, core, site, refund);
    // Somebody may have said by hand who brought it, until it was held.
    const referral = known ?? (await lockReferral(tx, site, refund));
    const isWhole = isRefundedWhole(origin);
    const { accountId, mode } = site;
    const { actor } = refund;
    const details = { site: site.slug, mode, refunded: origin.refunded };
    const at = new Date(core.clock.now());
    await recordAudit(tx, { accountId, actor, action: 'origin.refund', subject: String(origin.id), details, at });
    const settled =
      referral === undefined
        ? { referral, rewards: { voided: 0, kept: 0 } }
        : await settle(tx, core, site, referral, origin, isWhole);
    await takeBackPoints(tx, core, site, origin, isWhole ? referral : undefined);
    return { origin, ...settled };
  });
  core.wake.deliveries();
  return refunded;
}

async function settle(
  tx: Transaction<Tables>,
  core: Pick<Core, 'clock' | 'settings'>,
  site: Site,
  referral: Referral,
  origin: Origin,
  isWhole: boolean,
): Promise<{ referral: Referral; rewards: TakenBack }> {
  const { id: referralId, status, campaignId } = referral;
  if (isWhole && (status === 'pending' || status === 'flagged')) {
    const voided = await changeStatus(tx, core, site, referral, 'voided', 'refund');
    return { referral: voided, rewards: { voided: 0, kept: 0 } };
  }
  if (status !== 'approved') return { referral, rewards: { voided: 0, kept: 0 } };
  if (isWhole) {
    const rewards = await takeBackRewards(tx, core, site, { referralId, reason: 'The purchase was refunded' });
    return { referral, rewards };
  }
  const left = (origin.subtotal ?? 0) - (origin.refunded ?? 0);
  const { settings } = await findReferralCampaign({ db: tx }, site, campaignId);
  const incentives = settings.incentives
    .filter(({ criteria }) => criteria?.subtotalMin !== undefined && criteria.subtotalMin > left)
    .map(({ identifier }) => identifier);
  const reason = 'What is left of the purchase is too little';
  return { referral, rewards: await takeBackRewards(tx, core, site, { referralId, incentives, reason }) };
}

/** Members are locked after everything else, and those of lower ids first: no two refunds wait for one another. */
async function takeBackPoints(
  tx: Transaction<Tables>,
  core: Pick<Core, 'clock'>,
  site: Site,
  origin: Origin,
  referral: Referral | undefined,
): Promise<void> {
  const ofOrigin = (): Promise<unknown> => takeBackForOrigin(tx, core, site, origin);
  if (referral?.status !== 'approved') return void (await ofOrigin());
  const { id, advocateId } = referral;
  const ofReferral = (): Promise<unknown> => takeBackForReferral(tx, core, site, { id, advocateId });
  for (const takeBack of advocateId < origin.personId ? [ofReferral, ofOrigin] : [ofOrigin, ofReferral])
    await takeBack();
}

async function writeRefund(
  tx: Transaction<Tables>,
  core: Pick<Core, 'clock'>,
  site: Site,
  { originId, subtotal, refundedAt }: RefundOrigin,
): Promise<Origin> {
  const row = await tx
    .selectFrom('origins')
    .selectAll()
    .where('site_id', '=', site.id)
    .where('id', '=', originId)
    .forUpdate()
    .executeTakeFirst();
  if (row === undefined) throw new CoreError('origin.not_found', 'No origin found.');
  if (row.refunded_at !== null) throw new CoreError('origin.refunded', 'Origin has already been refunded');
  const whole = row.subtotal ?? 0;
  const amount = subtotal ?? whole;
  if (amount > whole || (subtotal !== undefined && amount <= 0)) {
    throw new CoreError('origin.bad_input', 'Refund subtotal must be more than 0 and at most the subtotal', {
      field: 'refund_subtotal',
    });
  }
  const changed = await tx
    .updateTable('origins')
    .set({ refunded_at: refundedAt ?? new Date(core.clock.now()), refunded: amount })
    .where('id', '=', originId)
    .returningAll()
    .executeTakeFirstOrThrow();
  return toOrigin(changed);
}
