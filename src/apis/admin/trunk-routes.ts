import Type from 'typebox';
import { AccountQuery, chosenAccount } from '#apis/admin/account-choice.js';
import { ACTOR, type AdminParts, type AdminRoutes } from '#apis/admin/admin-parts.js';
import type { Core } from '#core/core.js';
import { addTrunk, listTrunks, removeTrunk, testTrunk, type AddTrunk, type Trunk } from '#core/trunks/index.js';

const Name = Type.Object({ name: Type.String() });

export function addTrunkRoutes(table: AdminRoutes, { sipHost }: AdminParts): void {
  table.get('/trunks', {
    id: 'listTrunks',
    summary: 'The trunks that an account can use; without one, all',
    query: AccountQuery,
    handle: async ({ core, query }) => {
      const trunks = await listTrunks(core, await ownerOf(core, query));
      return { trunks: trunks.map((trunk) => ({ ...presentTrunk(trunk), active_calls: trunk.activeCalls })) };
    },
  });

  table.post('/trunks', {
    id: 'addTrunk',
    summary: 'Add a trunk for an account; without one, for all',
    query: AccountQuery,
    body: Type.Object(
      {
        name: Type.String(),
        uri: Type.String(),
        username: Type.Optional(Type.String()),
        password: Type.Optional(Type.String()),
        channels: Type.Optional(Type.Number()),
        calls_per_second: Type.Optional(Type.Number()),
      },
      { additionalProperties: false },
    ),
    status: 201,
    handle: async ({ core, query, body }) => {
      const { calls_per_second: callsPerSecond, ...rest } = body;
      const input: AddTrunk = {
        ...(await ownerOf(core, query)),
        ...rest,
        ...(callsPerSecond === undefined ? {} : { callsPerSecond }),
        sipHost,
        actor: ACTOR,
      };
      return presentTrunk(await addTrunk(core, input));
    },
  });

  table.delete('/trunks/:name', {
    id: 'removeTrunk',
    summary: 'Remove a trunk; its calls go on',
    query: AccountQuery,
    params: Name,
    handle: async ({ core, query, params }) => {
      const input = { ...(await ownerOf(core, query)), name: params.name, actor: ACTOR };
      const { activeCalls } = await removeTrunk(core, input);
      return { active_calls: activeCalls };
    },
  });

  table.post('/trunks/:name/test', {
    id: 'testTrunk',
    summary: 'Ask a trunk for a sign of life',
    query: AccountQuery,
    params: Name,
    handle: async ({ core, query, params }) => {
      const { ok, sipCode, detail } = await testTrunk(core, { ...(await ownerOf(core, query)), name: params.name });
      return { ok, sip_code: sipCode ?? null, detail };
    },
  });
}

/** A trunk belongs to the installation unless an account is named (rule 32). */
async function ownerOf(core: Pick<Core, 'db'>, query: { account?: string }): Promise<{ accountId?: string }> {
  return query.account === undefined ? {} : { accountId: (await chosenAccount(core, query)).id };
}

function presentTrunk(trunk: Trunk) {
  return {
    id: trunk.id,
    name: trunk.name,
    uri: trunk.uri,
    username: trunk.username,
    account_id: trunk.accountId,
    channels: trunk.channels,
    calls_per_second: trunk.callsPerSecond,
    created_at: trunk.createdAt,
  };
}
