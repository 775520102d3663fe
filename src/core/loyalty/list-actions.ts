import type { Core } from '#core/core.js';
import { couponsById, type Coupon } from '#core/coupons/index.js';
import { toLoyaltyAction, type LoyaltyAction } from '#core/loyalty/loyalty-action.js';
import { toOrigin, type Origin } from '#core/origins/index.js';
import type { Site } from '#core/sites/index.js';
import type { LoyaltyActionTable } from '#core/tables.js';

/** An action with what it is about. */
export interface DescribedAction {
  action: LoyaltyAction;
  coupon: Coupon | undefined;
  origin: Origin | undefined;
  /** Of the user who did it by hand. */
  email: string | null;
}

/** Some of a member's ledger, the newest first. */
export async function listActions(
  core: Pick<Core, 'db'>,
  site: Site,
  memberId: number,
  kinds: readonly LoyaltyActionTable['kind'][],
  { page, pageSize }: { page: number; pageSize: number },
): Promise<{ items: DescribedAction[]; total: number }> {
  const own = core.db
    .selectFrom('loyalty_actions')
    .where('member_id', '=', memberId)
    .where('kind', 'in', [...kinds]);
  const { n } = await own.select(({ fn }) => fn.countAll<number>().as('n')).executeTakeFirstOrThrow();
  const rows = await own
    .selectAll()
    .orderBy('id', 'desc')
    .offset((page - 1) * pageSize)
    .limit(pageSize)
    .execute();
  return { items: await describeActions(core, site, rows.map(toLoyaltyAction)), total: n };
}

export async function describeActions(
  core: Pick<Core, 'db'>,
  site: Site,
  actions: readonly LoyaltyAction[],
): Promise<DescribedAction[]> {
  const ids = (of: 'couponId' | 'originId'): number[] => actions.flatMap((action) => action[of] ?? []);
  const coupons = await couponsById(core, site, ids('couponId'));
  const origins = await originsById(core, site, ids('originId'));
  const emails = await emailsOf(core, site, [...new Set(actions.flatMap(({ actor }) => actor ?? []))]);
  return actions.map((action) => ({
    action,
    coupon: action.couponId === null ? undefined : coupons.get(action.couponId),
    origin: action.originId === null ? undefined : origins.get(action.originId),
    email: (action.actor === null ? undefined : emails.get(action.actor)) ?? null,
  }));
}

async function originsById(core: Pick<Core, 'db'>, site: Site, ids: readonly number[]): Promise<Map<number, Origin>> {
  if (ids.length === 0) return new Map();
  const rows = await core.db
    .selectFrom('origins')
    .selectAll()
    .where('site_id', '=', site.id)
    .where('id', 'in', [...new Set(ids)])
    .execute();
  return new Map(rows.map((row) => [row.id, toOrigin(row)]));
}

async function emailsOf(
  core: Pick<Core, 'db'>,
  { accountId }: Site,
  userIds: readonly string[],
): Promise<Map<string, string | null>> {
  if (userIds.length === 0) return new Map();
  const rows = await core.db
    .selectFrom('users')
    .select(['id', 'email'])
    .where('account_id', '=', accountId)
    .where('id', 'in', userIds)
    .execute();
  return new Map(rows.map(({ id, email }) => [id, email]));
}
