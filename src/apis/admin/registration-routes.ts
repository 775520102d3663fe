import Type from 'typebox';
import { AccountQuery, chosenAccount, Mode } from '#apis/admin/account-choice.js';
import { ACTOR, type AdminRoutes } from '#apis/admin/admin-parts.js';
import {
  addRegistration,
  assignNumbers,
  listRegistrations,
  removeRegistration,
  updateRegistration,
  type Registration,
} from '#core/registrations/index.js';

const strict = { additionalProperties: false };
const Query = Type.Object({ ...AccountQuery.properties, mode: Mode });
const Params = Type.Object({ id: Type.String() });
const Cap = Type.Union([Type.Integer(), Type.Null()]);
const Fields = {
  name: Type.Optional(Type.String()),
  state: Type.Optional(Type.String()),
  segmentsPerMinute: Type.Optional(Cap),
  segmentsPerDay: Type.Optional(Cap),
};

/** Brands and campaigns as registered with the networks. */
export function addRegistrationRoutes(table: AdminRoutes): void {
  table.get('/registrations', {
    id: 'listRegistrations',
    summary: 'The registrations of an account',
    query: Query,
    handle: async ({ core, query }) => {
      const { id: accountId } = await chosenAccount(core, query);
      return { registrations: (await listRegistrations(core, { accountId, mode: query.mode })).map(present) };
    },
  });

  table.post('/registrations', {
    id: 'addRegistration',
    summary: 'Add a brand, or a campaign of one',
    query: Query,
    body: Type.Object(
      { ...Fields, name: Type.String(), brandId: Type.Optional(Type.String()), type: Type.Optional(Type.String()) },
      strict,
    ),
    handle: async ({ core, query, body }) => {
      const { id: accountId } = await chosenAccount(core, query);
      return present(await addRegistration(core, { accountId, mode: query.mode, ...body, actor: ACTOR }));
    },
  });

  table.patch('/registrations/:id', {
    id: 'updateRegistration',
    summary: 'Change what is given',
    query: Query,
    params: Params,
    body: Type.Object(Fields, strict),
    handle: async ({ core, query, params, body }) => {
      const { id: accountId } = await chosenAccount(core, query);
      return present(await updateRegistration(core, { accountId, mode: query.mode, ...params, ...body, actor: ACTOR }));
    },
  });

  table.post('/registrations/:id/numbers', {
    id: 'assignNumbers',
    summary: 'Numbers become those of a campaign',
    query: Query,
    params: Params,
    body: Type.Object({ numbers: Type.Array(Type.String()) }, strict),
    handle: async ({ core, query, params, body }) => {
      const { id: accountId } = await chosenAccount(core, query);
      return present(await assignNumbers(core, { accountId, mode: query.mode, ...params, ...body, actor: ACTOR }));
    },
  });

  table.delete('/registrations/:id', {
    id: 'removeRegistration',
    summary: 'Remove a campaign, or a brand without campaigns',
    query: Query,
    params: Params,
    handle: async ({ core, query, params }) => {
      const { id: accountId } = await chosenAccount(core, query);
      await removeRegistration(core, { accountId, mode: query.mode, ...params, actor: ACTOR });
      return undefined;
    },
  });
}

function present({ id, kind, brandId, name, type, state, caps, numbers }: Registration) {
  return {
    ...{ id, kind, name, state, numbers },
    brand_id: brandId ?? null,
    type: type ?? null,
    segments_per_minute: caps?.segmentsPerMinute ?? null,
    segments_per_day: caps?.segmentsPerDay ?? null,
  };
}
