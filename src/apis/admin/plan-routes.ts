import Type from 'typebox';
import { AccountQuery, chosenAccount } from '#apis/admin/account-choice.js';
import { ACTOR, type AdminRoutes } from '#apis/admin/admin-parts.js';
import {
  findPlan,
  listPlans,
  removePlan,
  setAccountPlan,
  setPlan,
  type Plan,
  type SetPlan,
} from '#core/plans/index.js';

const strict = { additionalProperties: false };
const PlanName = Type.Object({ plan: Type.String() });
const Whole = Type.Union([Type.Number(), Type.Null()]);

export function addPlanRoutes(table: AdminRoutes): void {
  table.get('/plans', {
    id: 'listPlans',
    summary: 'The plans of the installation',
    handle: async ({ core }) => ({ plans: (await listPlans(core)).map(presentPlan) }),
  });

  table.get('/plans/:plan', {
    id: 'showPlan',
    summary: 'One plan, by name or id',
    params: PlanName,
    handle: async ({ core, params }) => presentPlan(await findPlan(core, params.plan)),
  });

  table.put('/plans/:plan', {
    id: 'setPlan',
    summary: 'Make a plan, or change what is given of one',
    params: PlanName,
    body: Type.Object(
      {
        display_name: Type.Optional(Type.String()),
        monthly_price: Type.Optional(Type.Number()),
        included_users: Type.Optional(Whole),
        features: Type.Optional(Type.Record(Type.String(), Whole)),
      },
      strict,
    ),
    handle: async ({ core, params, body }) => {
      const input: SetPlan = {
        name: params.plan,
        actor: ACTOR,
        ...(body.display_name === undefined ? {} : { displayName: body.display_name }),
        ...(body.monthly_price === undefined ? {} : { monthlyPrice: body.monthly_price }),
        ...(body.included_users === undefined ? {} : { includedUsers: body.included_users }),
        ...(body.features === undefined ? {} : { features: body.features }),
      };
      return presentPlan(await setPlan(core, input));
    },
  });

  table.delete('/plans/:plan', {
    id: 'removePlan',
    summary: 'Remove a plan that no account has',
    params: PlanName,
    handle: async ({ core, params }) => presentPlan(await removePlan(core, { ...params, actor: ACTOR })),
  });

  table.put('/plan', {
    id: 'setAccountPlan',
    summary: 'Give an account a plan',
    query: AccountQuery,
    body: Type.Object({ plan: Type.String() }, strict),
    handle: async ({ core, query, body }) => {
      const { id: accountId } = await chosenAccount(core, query);
      return presentPlan(await setAccountPlan(core, { accountId, ...body, actor: ACTOR }));
    },
  });
}

function presentPlan({ id, name, displayName, monthlyPrice, includedUsers, features }: Plan) {
  return {
    id,
    name,
    display_name: displayName,
    monthly_price: monthlyPrice,
    included_users: includedUsers,
    features: Object.fromEntries(features),
  };
}
