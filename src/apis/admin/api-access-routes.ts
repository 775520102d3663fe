import Type from 'typebox';
import { AccountQuery, chosenAccount } from '#apis/admin/account-choice.js';
import { ACTOR, type AdminRoutes } from '#apis/admin/admin-parts.js';
import { setApiAccess } from '#core/accounts/index.js';
import {
  grantAccess,
  listAccessRequests,
  refuseAccess,
  refuseAllAccess,
  type AccessRequest,
} from '#core/api-access/index.js';

const strict = { additionalProperties: false };
const RequestId = Type.Object({ id: Type.String() });

/** Whether an account may use the API, and who asks for it. */
export function addApiAccessRoutes(table: AdminRoutes): void {
  table.put('/api-access', {
    id: 'setApiAccess',
    summary: 'Switch the API of an account on or off, for all its keys',
    query: AccountQuery,
    body: Type.Object({ enabled: Type.Boolean() }, strict),
    handle: async ({ core, query, body }) => {
      const { id: accountId } = await chosenAccount(core, query);
      const { id, name, apiEnabled } = await setApiAccess(core, { accountId, ...body, actor: ACTOR });
      return { id, name, api_enabled: apiEnabled };
    },
  });

  table.get('/api-access/requests', {
    id: 'listAccessRequests',
    summary: 'Who asks for access',
    query: Type.Object({ decided: Type.Optional(Type.Boolean()) }),
    handle: async ({ core, query }) => ({ requests: (await listAccessRequests(core, query)).map(presentRequest) }),
  });

  table.post('/api-access/requests/:id/grant', {
    id: 'grantAccess',
    summary: 'Give the account access: the one that is named, else the one of the request',
    params: RequestId,
    body: Type.Object({ account: Type.Optional(Type.String()) }, strict),
    handle: async ({ core, params, body }) =>
      presentRequest(await grantAccess(core, { ...params, ...body, actor: ACTOR })),
  });

  table.post('/api-access/requests/:id/refuse', {
    id: 'refuseAccess',
    summary: 'Refuse it',
    params: RequestId,
    handle: async ({ core, params }) => presentRequest(await refuseAccess(core, { ...params, actor: ACTOR })),
  });

  table.post('/api-access/refuse-all', {
    id: 'refuseAllAccess',
    summary: 'Refuse every request that waits',
    handle: async ({ core }) => ({ refused: await refuseAllAccess(core, ACTOR) }),
  });
}

function presentRequest(request: AccessRequest) {
  return {
    id: request.id,
    account: request.accountName,
    account_id: request.accountId,
    name: request.name,
    email: request.email,
    use_case: request.useCase,
    status: request.status,
    created_at: request.createdAt,
    decided_at: request.decidedAt,
  };
}
