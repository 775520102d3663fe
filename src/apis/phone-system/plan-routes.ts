import Type from 'typebox';
import type { RouteTable } from '#apis/http/index.js';
import { dataOf, PageQuery, pageOf, presentPage } from '#apis/phone-system/page.js';
import type { Caller } from '#core/accounts/index.js';
import { findWallet } from '#core/billing/index.js';
import { countUsed, FEATURE_NAMES, FEATURES, MOST_COUNTED, planOf, type Feature } from '#core/plans/index.js';

const tag = 'Account';

const PlanObject = Type.Object({
  id: Type.Integer(),
  planId: Type.Integer(),
  planName: Type.String(),
  displayName: Type.String(),
  monthlyPrice: Type.Number({ description: 'In whole units of the currency, such as dollars.' }),
  currency: Type.String({ description: 'ISO 4217.' }),
  includedUsers: Type.Integer({ description: '2147483647: as many as there are.' }),
  isCurrent: Type.Boolean(),
});

const FeatureObject = Type.Object({
  id: Type.Integer(),
  feature_id: Type.Integer(),
  name: Type.String(),
  display_name: Type.String(),
  description: Type.String(),
  allowed: Type.Boolean(),
  included: Type.Integer({ description: '2147483647: as many as there are; 0 where it is not allowed.' }),
  used: Type.Integer({ description: `At most ${MOST_COUNTED} are counted. What \`counted\` says.` }),
  counted: Type.String({ description: 'What `used` counts; months are those of UTC.' }),
});

/** Clients take it for a whole number of 32 bits, and compare. */
const AS_MANY_AS_THERE_ARE = 2_147_483_647;

/** What the account pays for, and how much of it is used. */
export function planRoutes(table: RouteTable<Caller>): void {
  table.get('/accounts/plan', {
    id: 'getPlan',
    tag,
    summary: 'The plan of the account',
    scope: 'phone-system:read',
    returns: dataOf(PlanObject),
    handle: async ({ core, auth }) => {
      const plan = await planOf(core, auth.accountId);
      const { currency } = await findWallet(core, auth.accountId);
      return {
        data: {
          id: plan.id,
          planId: plan.id,
          planName: plan.name,
          displayName: plan.displayName,
          monthlyPrice: inWholeUnits(plan.monthlyPrice, currency),
          currency,
          includedUsers: plan.includedUsers ?? AS_MANY_AS_THERE_ARE,
          isCurrent: true,
        },
      };
    },
  });

  table.get('/accounts/permitted-features', {
    id: 'listPermittedFeatures',
    tag,
    summary: 'What the plan includes, and what is used of it',
    description: 'Counts are those of the mode of the key. More than is included is not refused by itself.',
    scope: 'phone-system:read',
    query: PageQuery,
    returns: pageOf(FeatureObject),
    handle: async (handling) => {
      const { core, auth, query } = handling;
      const plan = await planOf(core, auth.accountId);
      const used = await countUsed(core, auth);
      const first = (query.page - 1) * query.pageSize;
      const items = FEATURE_NAMES.slice(first, first + query.pageSize).map((name, index) =>
        presentFeature(name, first + index + 1, plan.features.get(name), used[name]),
      );
      return presentPage(handling, { items, total: FEATURE_NAMES.length });
    },
  });
}

/** `included`: undefined where the plan lacks it. */
function presentFeature(name: Feature, id: number, included: number | null | undefined, used: number) {
  const { displayName, description, counted } = FEATURES[name];
  return {
    id,
    feature_id: id,
    name,
    display_name: displayName,
    description,
    allowed: included !== undefined,
    included: included === undefined ? 0 : (included ?? AS_MANY_AS_THERE_ARE),
    used,
    counted,
  };
}

/** 1900 -> 19, of a currency with hundredths. */
function inWholeUnits(minor: number, currency: string): number {
  const { maximumFractionDigits = 2 } = new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions();
  return minor / 10 ** maximumFractionDigits;
}
