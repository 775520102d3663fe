import Type from 'typebox';
import type { RouteTable } from '#apis/http/index.js';
import { AFTER_ID, changesSince, PAGE_QUERY, pageOf, presentPage, WALKED } from '#apis/phone-system/page.js';
import { presentTime } from '#apis/phone-system/time.js';
import type { Caller } from '#core/accounts/index.js';
import { listDeleted, type DeletedKind } from '#core/call-records/index.js';

/** As this door calls what is gone, and as core does. */
const KINDS = {
  call: 'call',
  text: 'message',
  voicemail: 'voice_message',
} as const satisfies Record<string, DeletedKind>;
type Kind = keyof typeof KINDS;

/** For those who keep a copy. */
export function deletedRoutes(table: RouteTable<Caller>): void {
  table.get('/deleted', {
    id: 'listDeleted',
    tag: 'Keeping a copy',
    summary: 'What was deleted for good, the earliest first',
    description: `Calls, texts and voicemail. Contacts that are gone are at \`/contacts/deleted\`. ${WALKED}`,
    scope: 'phone-system:read',
    query: Type.Object(
      {
        ...PAGE_QUERY,
        kind: Type.Enum(Object.keys(KINDS)),
        after: Type.Optional(Type.String({ description: 'At this moment or later.' })),
        ...AFTER_ID,
      },
      { additionalProperties: false },
    ),
    returns: pageOf(Type.Object({ id: Type.String(), kind: Type.Enum(Object.keys(KINDS)), deletedAt: Type.String() })),
    handle: async (handling) => {
      const { core, auth, query } = handling;
      const { page, pageSize, after } = query;
      const kind = query.kind as Kind;
      const { items, total } = await listDeleted(core, auth, {
        ...{ page, pageSize },
        kind: KINDS[kind],
        from: changesSince('after', after, query),
      });
      const presented = items.map(({ id, deletedAt }) => ({ id, kind, deletedAt: presentTime(deletedAt) }));
      const last = presented.at(-1);
      const onward = last && { after: last.deletedAt, afterId: last.id };
      return presentPage(handling, { items: presented, total, onward });
    },
  });
}
