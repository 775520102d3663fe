import Type from 'typebox';
import { documentIn } from '#apis/referrals/manage-campaign-routes.js';
import { CouponListBody, CouponListObject, PageQuery, pageOf } from '#apis/referrals/manage-schemas.js';
import { presentTime } from '#apis/referrals/present-time.js';
import type { SiteTable } from '#apis/referrals/site-table.js';
import type { Core } from '#core/core.js';
import {
  countCodes,
  findCouponList,
  listCouponLists,
  MOST_CODES_AT_ONCE,
  removeCouponList,
  type CountedCouponList,
  type CouponList,
} from '#core/coupons/index.js';
import { handInCodes } from '#core/rewards/index.js';
import { couponListDocument, saveCouponListDocument } from '#core/site-documents/index.js';
import type { Site } from '#core/sites/index.js';

const tag = 'Manage';
const Params = Type.Object({ id: Type.Integer({ minimum: 1 }) });
const Returned = Type.Object({ coupon_list: CouponListObject });
/** 10,000 codes of 255 characters. */
const BODY_BYTES = 4_000_000;

/** What codes are handed out from. */
export function manageCouponListRoutes(table: SiteTable): void {
  table.get('/manage/coupon_lists', {
    id: 'listCouponLists',
    summary: 'List coupon lists',
    tag,
    scope: 'referrals:read',
    query: Type.Object(PageQuery),
    returns: Type.Object({ coupon_lists: Type.Array(CouponListObject), total: Type.Integer() }),
    async handle({ core, site, query }) {
      const all = await listCouponLists(core, site);
      const counted = await countCodes(core.db, pageOf(all, query));
      return { coupon_lists: counted.map((list) => present(list, site)), total: all.length };
    },
  });

  table.post('/manage/coupon_lists', {
    id: 'createCouponList',
    summary: 'Make a coupon list',
    tag,
    scope: 'referrals:write',
    body: CouponListBody,
    status: 201,
    returns: Returned,
    async handle({ core, site, body, auth }) {
      const how = { actor: auth.keyId, which: 'new' } as const;
      const { list } = await saveCouponListDocument(core, site, documentIn(body), how);
      return { coupon_list: await presentOne(core, list, site) };
    },
  });

  table.get('/manage/coupon_lists/:id', {
    id: 'getCouponList',
    summary: 'A coupon list',
    tag,
    scope: 'referrals:read',
    params: Params,
    returns: Returned,
    handle: async ({ core, site, params }) => ({
      coupon_list: await presentOne(core, await findCouponList(core.db, site, params.id), site),
    }),
  });

  table.put('/manage/coupon_lists/:id', {
    id: 'putCouponList',
    summary: 'Make a coupon list this, as a whole',
    description: 'Its codes stay. What it is worth, and when it ends, holds for codes that somebody has, too.',
    tag,
    scope: 'referrals:write',
    params: Params,
    body: CouponListBody,
    returns: Returned,
    async handle({ core, site, params, body, auth }) {
      const how = { actor: auth.keyId, which: params.id };
      const { list } = await saveCouponListDocument(core, site, documentIn(body), how);
      return { coupon_list: await presentOne(core, list, site) };
    },
  });

  table.delete('/manage/coupon_lists/:id', {
    id: 'removeCouponList',
    summary: 'Remove a coupon list that no campaign names and nobody has a code of',
    tag,
    scope: 'referrals:write',
    params: Params,
    returns: Type.Object({}),
    async handle({ core, site, params, auth }) {
      await removeCouponList(core, site, params.id, auth.keyId);
      return {};
    },
  });

  table.post('/manage/coupon_lists/:id/codes', {
    id: 'addCouponCodes',
    summary: 'Hand in codes',
    description:
      'Each has 3 to 255 letters, digits and `- _ / . % : * + @ & #`, and is kept in upper case. Those that the site has ' +
      'already stay what they are, and are named in `existing`. Rewards that wait for codes are given at once.',
    tag,
    scope: 'referrals:write',
    params: Params,
    body: Type.Object(
      { codes: Type.Array(Type.String({ maxLength: 300 }), { minItems: 1, maxItems: MOST_CODES_AT_ONCE }) },
      { additionalProperties: false, examples: [{ codes: ['WELCOME-1', 'WELCOME-2'] }] },
    ),
    bodyLimitBytes: BODY_BYTES,
    status: 201,
    returns: Type.Object({ added: Type.Integer(), existing: Type.Array(Type.String()) }),
    async handle({ core, site, params, body, auth }) {
      const input = { listId: params.id, codes: body.codes, actor: auth.keyId };
      const { added, existing } = await handInCodes(core, site, input);
      core.wake.deliveries();
      return { added, existing };
    },
  });
}

async function presentOne(core: Pick<Core, 'db'>, list: CouponList, site: Site): Promise<Record<string, unknown>> {
  const [counted] = await countCodes(core.db, [list]);
  return present(counted ?? { ...list, codes: { total: 0, issued: 0 } }, site);
}

function present(list: CountedCouponList, site: Site): Record<string, unknown> {
  return {
    id: list.id,
    ...couponListDocument(list, site.currency),
    codes: list.codes,
    created_at: presentTime(list.createdAt, site.timeZone),
    updated_at: presentTime(list.updatedAt, site.timeZone),
  };
}
