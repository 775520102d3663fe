import Type from 'typebox';
import type { RouteTable } from '#apis/http/index.js';
import { IdParams } from '#apis/phone-system/ids.js';
import { dataOf, PAGE_QUERY, pageOf, presentPage } from '#apis/phone-system/page.js';
import { presentTime } from '#apis/phone-system/time.js';
import type { Caller } from '#core/accounts/index.js';
import {
  blockNumber,
  BLOCKED_NUMBER_LIMITS,
  findBlockedNumber,
  listBlockedNumbers,
  unblockNumber,
  type BlockedNumber,
} from '#core/blocked-numbers/index.js';

const tag = 'Blocked numbers';
const strict = { additionalProperties: false };
const BlockedNumberObject = Type.Object({
  id: Type.Integer(),
  number: Type.String({ description: 'E.164.' }),
  note: Type.Union([Type.String(), Type.Null()]),
  createdAt: Type.String(),
});

function presentBlocked({ id, number, note, createdAt }: BlockedNumber) {
  return { id, number, note: note ?? null, createdAt: presentTime(createdAt) };
}

/** Callers who are turned away. */
export function blockedNumberRoutes(table: RouteTable<Caller>): void {
  table.get('/blocked-numbers', {
    id: 'listBlockedNumbers',
    tag,
    summary: 'List the callers who are turned away, the oldest first',
    scope: 'phone-system:read',
    query: Type.Object(
      { ...PAGE_QUERY, number: Type.Optional(Type.String({ maxLength: 64, description: 'This one.' })) },
      strict,
    ),
    returns: pageOf(BlockedNumberObject),
    handle: async (handling) => {
      const { core, auth, query } = handling;
      const { items, total } = await listBlockedNumbers(core, auth, query);
      return presentPage(handling, { items: items.map(presentBlocked), total });
    },
  });

  table.post('/blocked-numbers', {
    id: 'blockNumber',
    tag,
    summary: 'Turn a caller away',
    description: 'Calls from this number are refused before anything rings, and none of them reaches voicemail.',
    scope: 'phone-system:write',
    body: Type.Object(
      {
        number: Type.String({
          minLength: 4,
          maxLength: 64,
          description: 'E.164, or as people write it.',
          examples: ['+12125550166'],
        }),
        note: Type.Optional(
          Type.Union([Type.String({ maxLength: BLOCKED_NUMBER_LIMITS.noteCharacters }), Type.Null()]),
        ),
      },
      strict,
    ),
    status: 201,
    returns: dataOf(BlockedNumberObject),
    handle: async ({ core, auth, body }) => ({
      data: presentBlocked(
        await blockNumber(core, {
          accountId: auth.accountId,
          mode: auth.mode,
          actor: auth.keyId,
          number: body.number,
          note: body.note ?? undefined,
        }),
      ),
    }),
  });

  table.get('/blocked-numbers/:id', {
    id: 'getBlockedNumber',
    tag,
    summary: 'One of them',
    scope: 'phone-system:read',
    params: IdParams,
    returns: dataOf(BlockedNumberObject),
    handle: async ({ core, auth, params }) => ({
      data: presentBlocked(await findBlockedNumber(core, auth, params.id)),
    }),
  });

  table.delete('/blocked-numbers/:id', {
    id: 'unblockNumber',
    tag,
    summary: 'Let a caller through again',
    scope: 'phone-system:write',
    params: IdParams,
    handle: async ({ core, auth: { accountId, mode, keyId: actor }, params }) => {
      await unblockNumber(core, { accountId, mode, actor, id: params.id });
      return undefined;
    },
  });
}
