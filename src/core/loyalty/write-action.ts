import type { Transaction } from 'kysely';
import { toLoyaltyAction, type ActionDetails, type LoyaltyAction } from '#core/loyalty/loyalty-action.js';
import type { LoyaltyCampaign } from '#core/loyalty/loyalty-campaign.js';
import { memberNotFound, toLoyaltyMember, type LoyaltyMember } from '#core/loyalty/loyalty-member.js';
import { campaignFacts } from '#core/referral-campaigns/index.js';
import { personFacts, type SitePerson } from '#core/site-people/index.js';
import { siteFacts, type Site } from '#core/sites/index.js';
import type { LoyaltyActionTable, Tables } from '#core/tables.js';
import { publishEvent } from '#core/webhooks/index.js';

/** What is added to a member's ledger. */
export interface NewAction {
  kind: LoyaltyActionTable['kind'];
  action?: string;
  points: number;
  /** What it is for, so that it is given once. */
  once?: string;
  details?: ActionDetails;
  originId?: number;
  couponId?: number;
  actor?: string;
}

export interface Acted {
  action: LoyaltyAction;
  member: LoyaltyMember;
}

/**
 * Holds the member's row: whatever changes a balance does so one after the other, and after everything else that it
 * locks, so that no two wait for one another.
 */
export async function lockMember(tx: Transaction<Tables>, id: number): Promise<LoyaltyMember> {
  const row = await tx
    .selectFrom('loyalty_members')
    .selectAll()
    .where('id', '=', id)
    .forNoKeyUpdate()
    .executeTakeFirst();
  // Removed at this moment.
  if (row === undefined) throw memberNotFound();
  return toLoyaltyMember(row);
}

/**
 * Writes it into the ledger of a member that is locked, and tells of it. Undefined: it was there already. The caller has
 * seen that the balance stays within its bounds. Wake the deliveries after the commit.
 */
export async function writeAction(
  tx: Transaction<Tables>,
  site: Site,
  about: { member: LoyaltyMember; person: SitePerson; campaign: LoyaltyCampaign | undefined },
  { kind, action, points, once, details = {}, originId, couponId, actor }: NewAction,
  at: Date,
): Promise<Acted | undefined> {
  const { member } = about;
  const balance = member.points + points;
  const row = await tx
    .insertInto('loyalty_actions')
    .values({
      ...{ member_id: member.id, kind, action: action ?? null, points, balance_after: balance, once: once ?? null },
      ...{ details: JSON.stringify(details), origin_id: originId ?? null, coupon_id: couponId ?? null },
      ...{ actor: actor ?? null, created_at: at },
    })
    .onConflict((conflict) => conflict.columns(['member_id', 'once']).doNothing())
    .returningAll()
    .executeTakeFirst();
  if (row === undefined) return undefined;
  await tx.updateTable('loyalty_members').set({ balance, updated_at: at }).where('id', '=', member.id).execute();
  const acted = { action: toLoyaltyAction(row), member: { ...member, points: balance } };
  await tellOfAction(
    tx,
    site,
    { ...about, member: acted.member },
    { kind, action: action ?? null, points, id: row.id },
    at,
  );
  return acted;
}

/** `join` has no line of the ledger of its own. */
export async function tellOfAction(
  tx: Transaction<Tables>,
  site: Site,
  { member, person, campaign }: { member: LoyaltyMember; person: SitePerson; campaign: LoyaltyCampaign | undefined },
  action: { kind: LoyaltyActionTable['kind'] | 'join'; action: string | null; points: number; id: number | null },
  at: Date,
): Promise<void> {
  await publishEvent(tx, {
    ...{ accountId: site.accountId, mode: site.mode, siteId: site.id, type: 'loyalty.acted', at },
    subject: String(member.id),
    data: {
      ...siteFacts(site),
      action: { ...action, balanceAfter: member.points, createdAt: at.toISOString() },
      member: { id: member.id, active: member.active, points: member.points, dates: member.dates },
      person: personFacts(person),
      campaign: campaign === undefined ? null : campaignFacts(campaign),
    },
  });
}
