import Type from 'typebox';
import { readTime } from '#apis/admin/account-choice.js';
import { ACTOR, type AdminRoutes } from '#apis/admin/admin-parts.js';
import { OwnerQuery, ownerOf } from '#apis/admin/user-routes.js';
import { simulateCall } from '#core/call-simulation/index.js';
import { listVersions, rollBack, routingProblems, type RoutingVersion } from '#core/routing/index.js';
import { forgetRemovedMailboxes } from '#core/voicemail/index.js';

const strict = { additionalProperties: false };
const Limit = Type.Integer({ minimum: 1, maximum: 1000, default: 20 });
const VersionParams = Type.Object({ version: Type.Integer({ minimum: 0, maximum: 2 ** 31 - 1 }) });
const Simulation = Type.Object(
  {
    to: Type.String({ maxLength: 32 }),
    from: Type.Optional(Type.String({ maxLength: 32 })),
    at: Type.Optional(Type.String()),
    keys: Type.Optional(Type.Array(Type.String({ pattern: '^[0-9*#]*$', maxLength: 32 }), { maxItems: 100 })),
    answers: Type.Optional(Type.Array(Type.String({ maxLength: 32 }), { maxItems: 100 })),
  },
  strict,
);

/** Where calls lead as a whole. */
export function addCallFlowRoutes(table: AdminRoutes): void {
  table.get('/call-flow/problems', {
    id: 'listCallFlowProblems',
    summary: 'What is wrong or missing in where calls lead',
    query: OwnerQuery,
    handle: async ({ core, query }) => routingProblems(core, await ownerOf(core, query)),
  });

  table.get('/call-flow/versions', {
    id: 'listCallFlowVersions',
    summary: 'The changes of where calls lead, the newest first',
    query: Type.Object({ ...OwnerQuery.properties, limit: Limit }),
    handle: async ({ core, query }) => {
      const page = { page: 1, pageSize: query.limit };
      const { items } = await listVersions(core, await ownerOf(core, query), page);
      return { versions: items.map(presentVersion) };
    },
  });

  table.post('/call-flow/versions/:version/roll-back', {
    id: 'rollBackCallFlow',
    summary: 'Bring back what held after a version, as a new version; 0: the beginning',
    query: OwnerQuery,
    params: VersionParams,
    status: 201,
    handle: async ({ core, query, params }) => {
      const owner = await ownerOf(core, query);
      const version = await rollBack(core, { ...owner, author: ACTOR }, params.version);
      await forgetRemovedMailboxes(core, owner);
      return presentVersion(version);
    },
  });

  table.post('/call-flow/simulate', {
    id: 'simulateCall',
    summary: 'What would happen to a call, without calling anyone; answers: who takes the call when they are rung',
    query: OwnerQuery,
    body: Simulation,
    status: 200,
    handle: async ({ core, query, body: { to, from, at, keys, answers = [] } }) => {
      const when = readTime(at, 'routing.bad_input', 'at');
      const script = { keys, answers: answers.map((who) => ({ who })) };
      return simulateCall(core, await ownerOf(core, query), { to, from, at: when, ...script });
    },
  });
}

function presentVersion({ version, author, summary, objects, rolledBackTo, createdAt }: RoutingVersion) {
  return { version, author, summary, objects, rolled_back_to: rolledBackTo ?? null, created_at: createdAt };
}
