import { findReferralCampaign, type Incentive, type ReferralCampaign } from '#core/referral-campaigns/index.js';
import { toSitePerson, type SitePerson } from '#core/site-people/index.js';
import type { Mode } from '#core/tables.js';
import type { Shop } from './shop.js';
import type { World } from './world.js';

/** Somebody whom the shop knows, with nothing else done. */
export async function knownPerson(world: World, shop: Shop, email: string, mode: Mode = 'test'): Promise<SitePerson> {
  const at = new Date(world.clock.now());
  const row = await world.core.db
    .insertInto('site_people')
    .values({ site_id: shop.site[mode].id, email, mailbox: email, created_at: at, updated_at: at })
    .returningAll()
    .executeTakeFirstOrThrow();
  return toSitePerson(row);
}

/** The campaign of the shop, and what it promises to one side. */
export async function promised(
  world: World,
  shop: Shop,
  identifier: string,
): Promise<{ campaign: ReferralCampaign; incentive: Incentive }> {
  const campaign = await findReferralCampaign(world.core, shop.site.test, shop.campaign.test);
  const incentive = campaign.settings.incentives.find((one) => one.identifier === identifier);
  if (incentive === undefined) throw new Error(`no incentive "${identifier}"`);
  return { campaign, incentive };
}

/** A list of codes that were handed in. */
export async function listOfCodes(
  world: World,
  shop: Shop,
  name: string,
  codes: readonly string[],
  more: { refill_below?: number; single_use?: boolean; valid_days?: number; usage_limit?: number } = {},
): Promise<number> {
  const at = new Date(world.clock.now());
  const site_id = shop.site.test.id;
  const { id } = await world.core.db
    .insertInto('coupon_lists')
    .values({ site_id, name, amount: 1000, single_use: true, created_at: at, updated_at: at, ...more })
    .returning('id')
    .executeTakeFirstOrThrow();
  await addCodes(world, shop, id, codes);
  return id;
}

export async function addCodes(world: World, shop: Shop, list_id: number, codes: readonly string[]): Promise<void> {
  if (codes.length === 0) return;
  const [site_id, created_at] = [shop.site.test.id, new Date(world.clock.now())];
  await world.core.db
    .insertInto('coupons')
    .values(codes.map((code) => ({ site_id, list_id, code, created_at })))
    .execute();
}
