import type { Transaction } from 'kysely';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { inTransaction } from '#core/in-transaction.js';
import type { FoundMember } from '#core/loyalty/find-member.js';
import { openLoyaltyCampaigns, ruleOf, type LoyaltyCampaign } from '#core/loyalty/loyalty-campaign.js';
import { toLoyaltyMember, type LoyaltyMember } from '#core/loyalty/loyalty-member.js';
import { collect } from '#core/loyalty/collect.js';
import { tellOfAction } from '#core/loyalty/write-action.js';
import { upsertPerson, type SitePerson } from '#core/site-people/index.js';
import type { Site } from '#core/sites/index.js';
import type { Tables } from '#core/tables.js';

/**
 * By the shop's own word, whether or not the campaign takes everybody. Whoever is a member already stays as they are.
 * @throws CoreError `loyalty.no_campaign`, `site_person.bad_input`
 */
export async function joinLoyalty(
  core: Pick<Core, 'db' | 'clock' | 'wake'>,
  site: Site,
  { email }: { email: string },
): Promise<FoundMember & { joined: boolean }> {
  const at = new Date(core.clock.now());
  const [campaign] = await openLoyaltyCampaigns(core, site, at);
  if (campaign === undefined) throw new CoreError('loyalty.no_campaign', 'No loyalty campaign found');
  const done = await inTransaction(core.db, async (tx) => {
    const person = await upsertPerson(tx, site, { email }, at);
    const before = await memberOf(tx, person.id);
    return { person, joined: before === undefined, member: before ?? (await joinAs(tx, site, person, campaign, at)) };
  });
  core.wake.deliveries();
  return done;
}

export async function memberOf(tx: Transaction<Tables>, personId: number): Promise<LoyaltyMember | undefined> {
  const row = await tx.selectFrom('loyalty_members').selectAll().where('person_id', '=', personId).executeTakeFirst();
  return row === undefined ? undefined : toLoyaltyMember(row);
}

/** A person becomes a member, with the points that the campaign gives for it. Gives the member that there is already. */
export async function joinAs(
  tx: Transaction<Tables>,
  site: Site,
  person: SitePerson,
  campaign: LoyaltyCampaign,
  at: Date,
): Promise<LoyaltyMember> {
  const row = await tx
    .insertInto('loyalty_members')
    .values({
      ...{ site_id: site.id, person_id: person.id, campaign_id: campaign.id, active: true },
      ...{ created_at: at, updated_at: at },
    })
    .onConflict((conflict) => conflict.column('person_id').doNothing())
    .returningAll()
    .executeTakeFirst();
  if (row === undefined) {
    const member = await memberOf(tx, person.id);
    if (member === undefined) throw new Error(`person ${person.id} is a member, and is not`);
    return member;
  }
  const member = toLoyaltyMember(row);
  await tellOfAction(tx, site, { member, person, campaign }, { kind: 'join', action: 'join', points: 0, id: null }, at);
  const rule = ruleOf(campaign, 'join');
  if (rule === undefined) return member;
  const acted = await collect(tx, site, { member, person, campaign, rule }, { once: 'join' }, at);
  return acted?.member ?? member;
}
