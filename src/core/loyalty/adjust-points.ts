import { recordAudit } from '#core/accounts/index.js';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { inTransaction } from '#core/in-transaction.js';
import { campaignFor, findMember } from '#core/loyalty/find-member.js';
import { openLoyaltyCampaigns } from '#core/loyalty/loyalty-campaign.js';
import { MOST_POINTS } from '#core/loyalty/loyalty-member.js';
import { lockMember, writeAction, type Acted } from '#core/loyalty/write-action.js';
import type { SitePerson } from '#core/site-people/index.js';
import type { Site } from '#core/sites/index.js';

export interface AdjustPoints {
  email: string;
  /** Negative: they are taken. */
  points: number;
  description?: string | undefined;
  /** Who does it: the id of a user or of a key. */
  actor: string;
}

/** By hand. @throws CoreError `loyalty_member.not_found`, `loyalty.out_of_bounds` */
export async function adjustPoints(
  core: Pick<Core, 'db' | 'clock' | 'wake'>,
  site: Site,
  { email, points, description, actor }: AdjustPoints,
): Promise<Acted & { person: SitePerson }> {
  const at = new Date(core.clock.now());
  const found = await findMember(core, site, email);
  const campaign = campaignFor(found.member, await openLoyaltyCampaigns(core, site, at));
  const most = campaign?.rules.mostPoints ?? MOST_POINTS;
  const acted = await inTransaction(core.db, async (tx) => {
    const member = await lockMember(tx, found.member.id);
    const balance = member.points + points;
    // Somebody may have more than the most, since before it was lowered.
    if (balance < 0 || (points > 0 && balance > most)) {
      throw new CoreError(
        'loyalty.out_of_bounds',
        'Points adjustment must result in member points balance between 0 and available points limit',
        { field: 'points' },
      );
    }
    const { accountId, mode } = site;
    const details = { site: site.slug, mode, points };
    await recordAudit(tx, { accountId, actor, action: 'loyalty.adjust', subject: String(member.id), details, at });
    const action = {
      ...{ kind: 'adjust' as const, points, actor },
      details: description === undefined ? {} : { description },
    };
    return writeAction(tx, site, { member, person: found.person, campaign }, action, at);
  });
  // It is done as often as it is asked for.
  if (acted === undefined) throw new Error('an adjustment was not written');
  core.wake.deliveries();
  return { ...acted, person: found.person };
}
