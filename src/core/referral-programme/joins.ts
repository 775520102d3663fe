import type { Transaction } from 'kysely';
import { boughtBefore, categoryOf, type Origin } from '#core/origins/index.js';
import { makesOffers, type ReferralCampaign } from '#core/referral-campaigns/index.js';
import type { SitePerson } from '#core/site-people/index.js';
import type { Tables } from '#core/tables.js';

/** Whether this origin makes somebody an advocate of a campaign. */
export async function joins(
  tx: Transaction<Tables>,
  campaign: ReferralCampaign,
  person: SitePerson,
  origin: Origin,
  at: Date,
): Promise<boolean> {
  const { kind, settings } = campaign;
  if (!makesOffers(kind) || !settings.joinableBy.includes(categoryOf(origin))) return false;
  const audience = settings.audience ?? {};
  if (origin.tags.length > 0 && !origin.tags.some((tag) => tagsOf(campaign).includes(tag))) return false;
  if (audience.tags !== undefined && !audience.tags.some((tag) => origin.tags.includes(tag))) return false;
  const properties = Object.entries(audience.properties ?? {});
  if (!properties.every(([name, value]) => person.properties[name] === value)) return false;
  const age = Math.max(0, at.getTime() - origin.happenedAt.getTime()) / 1000;
  if (age < (settings.originMinAge ?? 0) || age > (settings.originMaxAge ?? Infinity)) return false;
  return audience.newCustomers === undefined || audience.newCustomers !== (await boughtBefore(tx, origin, person.id));
}

/** By which it is named. */
export function tagsOf({ tags, settings }: ReferralCampaign): string[] {
  return [...tags, ...(settings.audience?.tags ?? [])];
}
