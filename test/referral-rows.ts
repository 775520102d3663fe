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
  mode: Mode = 'test',
): Promise<{ campaign: ReferralCampaign; incentive: Incentive }> {
  const campaign = await findReferralCampaign(world.core, shop.site[mode], shop.campaign[mode]);
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

/** An advocate who has an offer: its code and id. */
export async function advocateOf(
  shop: Shop,
  email: string,
  more: Record<string, unknown> = {},
  mode: Mode = 'test',
): Promise<{ code: string; offerId: number }> {
  const reply = await shop.ask('POST', '/origins/affiliate_member', { data: { email, ...more } }, mode);
  const { result } = reply.body as { result?: { offer: { id: number; short_url_code: string } } };
  if (result === undefined) throw new Error(`no offer: ${JSON.stringify(reply.body)}`);
  return { code: result.offer.short_url_code, offerId: result.offer.id };
}

/** A friend who comes by an offer. */
export async function comes(
  world: World,
  shop: Shop,
  offerId: number,
  by: {
    visitor?: string;
    person_id?: number;
    ip?: string;
    user_agent?: string;
    expires_at?: Date;
    created_at?: Date;
  } = {},
  mode: Mode = 'test',
): Promise<number> {
  const row = await world.core.db
    .insertInto('offer_claims')
    .values({
      ...{ site_id: shop.site[mode].id, offer_id: offerId, channel: 'facebook' },
      ...{ created_at: new Date(world.clock.now()), ...by },
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  return row.id;
}

/** A friend who buys. */
export function buys(
  shop: Shop,
  email: string,
  order_number: string,
  more: Record<string, unknown> = {},
  mode: Mode = 'test',
) {
  const data = { email, order_number, subtotal: 100, ...more };
  return shop.ask('POST', '/origins/purchase', { data }, mode);
}

/** The referral of an order. */
export async function referralOf(world: World, shop: Shop, order: string, mode: Mode = 'test') {
  return world.core.db
    .selectFrom('referrals')
    .innerJoin('origins', 'origins.id', 'referrals.origin_id')
    .innerJoin('site_people', 'site_people.id', 'referrals.advocate_id')
    .selectAll('referrals')
    .select('site_people.email as advocate')
    .where('origins.number', '=', order)
    .where('origins.site_id', '=', shop.site[mode].id)
    .executeTakeFirst();
}
