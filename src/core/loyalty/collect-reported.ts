import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { inTransaction } from '#core/in-transaction.js';
import { collect } from '#core/loyalty/collect.js';
import { findMemberInCampaign, type FoundMember } from '#core/loyalty/find-member.js';
import { reportedRuleOf } from '#core/loyalty/loyalty-campaign.js';
import { lockMember } from '#core/loyalty/write-action.js';
import type { Site } from '#core/sites/index.js';

/**
 * Points for what the shop reports by a word of its own. `collected` is false where they were given before, or the member
 * has the most already.
 * @throws CoreError `loyalty_member.not_found`, `loyalty_member.not_active`, `loyalty.no_campaign`, `loyalty.no_action`
 */
export async function collectReported(
  core: Pick<Core, 'db' | 'clock' | 'wake'>,
  site: Site,
  { email, identifier, trafficSource }: { email: string; identifier: string; trafficSource: string },
): Promise<FoundMember & { collected: boolean }> {
  const { member, person, campaign } = await findMemberInCampaign(core, site, email);
  const rule = reportedRuleOf(campaign, identifier);
  if (rule === undefined) {
    const message = `No action configurations found for identifier \`${identifier}\``;
    throw new CoreError('loyalty.no_action', message, { field: 'type' });
  }
  const done = await inTransaction(core.db, async (tx) => {
    const at = new Date(core.clock.now());
    const acted = await collect(tx, site, { member, person, campaign, rule }, { details: { trafficSource } }, at);
    return { person, collected: acted !== undefined, member: acted?.member ?? (await lockMember(tx, member.id)) };
  });
  core.wake.deliveries();
  return done;
}
