import Type from 'typebox';
import { AccountQuery, chosenAccount } from '#apis/admin/account-choice.js';
import { ACTOR, type AdminRoutes } from '#apis/admin/admin-parts.js';
import type { Core } from '#core/core.js';
import { listPolicy, setPolicy, type PolicyOwner } from '#core/verifications/index.js';

const PolicyQuery = Type.Object({
  ...AccountQuery.properties,
  ceiling: Type.Optional(Type.Boolean({ description: 'Over all accounts, in place of one account’s.' })),
});

export function addOtpPolicyRoutes(table: AdminRoutes): void {
  table.get('/otp-policy', {
    id: 'showOtpPolicy',
    summary: 'How one-time codes are made, spoken and limited',
    query: PolicyQuery,
    handle: async ({ core, query }) => ({ settings: await listPolicy(core, await ownerOf(core, query)) }),
  });

  table.put('/otp-policy/:name', {
    id: 'setOtpPolicy',
    summary: 'Change a setting of one-time codes; null takes the setting back',
    query: PolicyQuery,
    params: Type.Object({ name: Type.String() }),
    body: Type.Object({ value: Type.Union([Type.String(), Type.Null()]) }, { additionalProperties: false }),
    handle: async ({ core, query, params, body }) =>
      setPolicy(core, { ...(await ownerOf(core, query)), ...params, ...body, actor: ACTOR }),
  });
}

async function ownerOf(core: Pick<Core, 'db'>, query: { account?: string; ceiling?: boolean }): Promise<PolicyOwner> {
  return query.ceiling === true ? {} : { accountId: (await chosenAccount(core, query)).id };
}
