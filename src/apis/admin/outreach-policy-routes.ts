import Type from 'typebox';
import { AccountQuery, chosenAccount } from '#apis/admin/account-choice.js';
import { ACTOR, type AdminRoutes } from '#apis/admin/admin-parts.js';
import { listOutreachPolicy, setOutreachPolicy } from '#core/accounts/index.js';

export function addOutreachPolicyRoutes(table: AdminRoutes): void {
  table.get('/outreach-policy', {
    id: 'showOutreachPolicy',
    summary: 'What an account does with texts, campaigns and opt-outs',
    query: AccountQuery,
    handle: async ({ core, query }) => {
      const { id } = await chosenAccount(core, query);
      return { settings: await listOutreachPolicy(core, id) };
    },
  });

  table.put('/outreach-policy/:name', {
    id: 'setOutreachPolicy',
    summary: 'Change a setting; null takes it back',
    query: AccountQuery,
    params: Type.Object({ name: Type.String() }),
    body: Type.Object({ value: Type.Union([Type.String(), Type.Null()]) }, { additionalProperties: false }),
    handle: async ({ core, query, params, body }) => {
      const { id: accountId } = await chosenAccount(core, query);
      return setOutreachPolicy(core, { accountId, ...params, ...body, actor: ACTOR });
    },
  });
}
