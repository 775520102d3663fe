import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { memberNotFound, toLoyaltyMember, type LoyaltyMember } from '#core/loyalty/loyalty-member.js';
import { openLoyaltyCampaigns, type LoyaltyCampaign } from '#core/loyalty/loyalty-campaign.js';
import { toSitePerson, type SitePerson } from '#core/site-people/index.js';
import type { Site } from '#core/sites/index.js';

export interface FoundMember {
  member: LoyaltyMember;
  person: SitePerson;
}

/** By e-mail. @throws CoreError `loyalty_member.not_found` */
export async function findMember(core: Pick<Core, 'db'>, site: Site, email: string): Promise<FoundMember> {
  const person = await core.db
    .selectFrom('site_people')
    .selectAll()
    .where('site_id', '=', site.id)
    .where('email', '=', email.trim().toLowerCase())
    .executeTakeFirst();
  if (person === undefined) throw memberNotFound();
  const member = await core.db
    .selectFrom('loyalty_members')
    .selectAll()
    .where('person_id', '=', person.id)
    .executeTakeFirst();
  if (member === undefined) throw memberNotFound();
  return { member: toLoyaltyMember(member), person: toSitePerson(person) };
}

/** One who collects and redeems. @throws CoreError `loyalty_member.not_found`, `loyalty_member.not_active` */
export async function findActiveMember(core: Pick<Core, 'db'>, site: Site, email: string): Promise<FoundMember> {
  const found = await findMember(core, site, email);
  if (!found.member.active) {
    throw new CoreError('loyalty_member.not_active', 'Loyalty member is not active', { field: 'email' });
  }
  return found;
}

/**
 * With the campaign that holds for them now.
 * @throws CoreError `loyalty_member.not_found`, `loyalty_member.not_active`, `loyalty.no_campaign`
 */
export async function findMemberInCampaign(
  core: Pick<Core, 'db' | 'clock'>,
  site: Site,
  email: string,
): Promise<FoundMember & { campaign: LoyaltyCampaign }> {
  const found = await findActiveMember(core, site, email);
  const campaigns = await openLoyaltyCampaigns(core, site, new Date(core.clock.now()));
  const campaign = campaignFor(found.member, campaigns);
  if (campaign === undefined) {
    throw new CoreError('loyalty.no_campaign', 'No loyalty campaign found for the member', { field: 'email' });
  }
  return { ...found, campaign };
}

/** That by which they joined while it is open, then the oldest of those that are. */
export function campaignFor(
  { campaignId }: Pick<LoyaltyMember, 'campaignId'>,
  open: readonly LoyaltyCampaign[],
): LoyaltyCampaign | undefined {
  return open.find(({ id }) => id === campaignId) ?? open[0];
}
