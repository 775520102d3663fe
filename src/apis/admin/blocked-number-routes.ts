import Type from 'typebox';
import { ACTOR, type AdminRoutes } from '#apis/admin/admin-parts.js';
import { OwnerQuery, ownerOf } from '#apis/admin/user-routes.js';
import {
  BLOCKED_NUMBER_LIMITS,
  blockNumber,
  listBlockedNumbers,
  unblockNumber,
  type BlockedNumber,
} from '#core/blocked-numbers/index.js';

const ALL = { page: 1, pageSize: BLOCKED_NUMBER_LIMITS.count };

/** Callers who are turned away. */
export function addBlockedNumberRoutes(table: AdminRoutes): void {
  table.get('/blocked-numbers', {
    id: 'listBlockedNumbers',
    summary: 'The callers who are turned away',
    query: OwnerQuery,
    handle: async ({ core, query }) => {
      const { items } = await listBlockedNumbers(core, await ownerOf(core, query), ALL);
      return { blocked_numbers: items.map(presentBlocked) };
    },
  });

  table.post('/blocked-numbers', {
    id: 'blockNumber',
    summary: 'Turn a caller away',
    query: OwnerQuery,
    body: Type.Object(
      { number: Type.String({ maxLength: 64 }), note: Type.Optional(Type.String()) },
      { additionalProperties: false },
    ),
    status: 201,
    handle: async ({ core, query, body: { number, note } }) =>
      presentBlocked(await blockNumber(core, { ...(await ownerOf(core, query)), number, note, actor: ACTOR })),
  });

  table.delete('/blocked-numbers/:id', {
    id: 'unblockNumber',
    summary: 'Let a caller through again',
    query: OwnerQuery,
    params: Type.Object({ id: Type.Integer() }),
    handle: async ({ core, query, params }) => {
      await unblockNumber(core, { ...(await ownerOf(core, query)), id: params.id, actor: ACTOR });
      return { id: params.id };
    },
  });
}

function presentBlocked({ id, number, note, createdAt }: BlockedNumber) {
  return { id, number, note: note ?? null, created_at: createdAt };
}
