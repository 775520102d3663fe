import type { Transaction } from 'kysely';
import type { LoyaltyCampaign } from '#core/loyalty/loyalty-campaign.js';
import type { LoyaltyMember } from '#core/loyalty/loyalty-member.js';
import type { ActionDetails } from '#core/loyalty/loyalty-action.js';
import { lockMember, writeAction, type Acted } from '#core/loyalty/write-action.js';
import type { LoyaltyRule } from '#core/referral-campaigns/index.js';
import type { SitePerson } from '#core/site-people/index.js';
import type { Site } from '#core/sites/index.js';
import type { Tables } from '#core/tables.js';

/** What happened, as far as points depend on it. */
export interface Collecting {
  /** What it is for, where it is given once; of a rule with `limit: once` the rule itself. */
  once?: string;
  /** Whole units of currency that were spent. */
  units?: number;
  originId?: number;
  details?: ActionDetails;
}

/**
 * Gives the points of a rule, as far as there is room below the most. Undefined: they were given already, or there are
 * none to give.
 */
export async function collect(
  tx: Transaction<Tables>,
  site: Site,
  about: { member: LoyaltyMember; person: SitePerson; campaign: LoyaltyCampaign; rule: LoyaltyRule },
  { once, units = 0, originId, details = {} }: Collecting,
  at: Date,
): Promise<Acted | undefined> {
  const { rule, campaign } = about;
  const member = await lockMember(tx, about.member.id);
  const { pointsPerUnit = 0 } = rule;
  const room = Math.max(0, campaign.rules.mostPoints - member.points);
  const points = Math.min(room, rule.points + pointsPerUnit * units);
  if (!member.active || points <= 0) return undefined;
  const key = rule.limit === 'once' ? `rule:${rule.identifier}` : once;
  return writeAction(
    tx,
    site,
    { ...about, member },
    {
      ...{ kind: 'collect', action: rule.identifier, points },
      ...(key === undefined ? {} : { once: key }),
      ...(originId === undefined ? {} : { originId }),
      details: {
        ...details,
        rule: { name: rule.name, description: rule.description ?? null, points: rule.points },
        ...(units > 0 && pointsPerUnit > 0 ? { pointsPerUnit, units } : {}),
      },
    },
    at,
  );
}
