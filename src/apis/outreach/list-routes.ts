import Type from 'typebox';
import type { RouteTable } from '#apis/http/index.js';
import { presentContact } from '#apis/outreach/contact-schemas.js';
import { presentTime } from '#apis/outreach/parse-time.js';
import type { Caller } from '#core/accounts/index.js';
import {
  addMembers,
  createList,
  findList,
  LIST_LIMITS,
  listContacts,
  listLists,
  removeList,
  removeMembers,
  renameList,
  withStanding,
  type ContactList,
} from '#core/contacts/index.js';

const tag = 'Lists';
const strict = { additionalProperties: false };
const Params = Type.Object({ id: Type.String() });
const Name = Type.Object(
  { name: Type.String({ description: `1 to ${LIST_LIMITS.nameCharacters} characters.` }) },
  strict,
);
const Members = Type.Object(
  { contact_ids: Type.Array(Type.String(), { minItems: 1, maxItems: LIST_LIMITS.membersAtOnce }) },
  strict,
);
const Page = Type.Object(
  {
    limit: Type.Integer({ minimum: 1, maximum: 100, default: 50 }),
    cursor: Type.Optional(Type.String({ description: '`next_cursor` of the page before.' })),
  },
  strict,
);
const ListReply = Type.Object({
  list_id: Type.String(),
  name: Type.String(),
  members: Type.Integer(),
  created_at: Type.String(),
  updated_at: Type.String(),
});

function presentListOf({ id, name, members, createdAt, updatedAt }: ContactList) {
  return { list_id: id, name, members, created_at: presentTime(createdAt), updated_at: presentTime(updatedAt) };
}

/** Contacts under a name. */
export function listRoutes(table: RouteTable<Caller>): void {
  table.post('/lists', {
    id: 'createList',
    tag,
    summary: 'Make a list',
    scope: 'contacts:write',
    body: Name,
    status: 201,
    returns: ListReply,
    handle: async ({ core, auth: { accountId, mode }, body }) =>
      presentListOf(await createList(core, { accountId, mode, name: body.name })),
  });

  table.get('/lists', {
    id: 'listLists',
    tag,
    summary: 'List the lists, the oldest first',
    scope: 'contacts:read',
    query: Page,
    handle: async ({ core, auth, query }) => {
      const { lists, next } = await listLists(core, auth, { limit: query.limit, after: query.cursor });
      return { lists: lists.map(presentListOf), next_cursor: next ?? null };
    },
  });

  table.get('/lists/:id', {
    id: 'getList',
    tag,
    summary: 'One list',
    scope: 'contacts:read',
    params: Params,
    returns: ListReply,
    handle: async ({ core, auth, params }) => presentListOf(await findList(core, auth, params.id)),
  });

  table.patch('/lists/:id', {
    id: 'renameList',
    tag,
    summary: 'Rename a list',
    scope: 'contacts:write',
    params: Params,
    body: Name,
    returns: ListReply,
    handle: async ({ core, auth: { accountId, mode }, params, body }) =>
      presentListOf(await renameList(core, { accountId, mode, id: params.id, name: body.name })),
  });

  table.delete('/lists/:id', {
    id: 'deleteList',
    tag,
    summary: 'Delete a list; its members stay contacts',
    scope: 'contacts:write',
    params: Params,
    handle: async ({ core, auth: { accountId, mode }, params }) => {
      await removeList(core, { accountId, mode, id: params.id });
      return undefined;
    },
  });

  table.get('/lists/:id/members', {
    id: 'listMembers',
    tag,
    summary: 'The members of a list, the oldest contact first',
    scope: 'contacts:read',
    params: Params,
    query: Page,
    handle: async ({ core, auth, params, query: { limit, cursor } }) => {
      await findList(core, auth, params.id);
      const found = await listContacts(core, auth, { listId: params.id, after: cursor, limit: limit + 1 });
      const page = found.slice(0, limit);
      return {
        contacts: (await withStanding(core, auth, page)).map(presentContact),
        next_cursor: found.length > limit ? (page.at(-1)?.id ?? null) : null,
      };
    },
  });

  table.post('/lists/:id/members', {
    id: 'addMembers',
    tag,
    summary: 'Add contacts to a list',
    scope: 'contacts:write',
    params: Params,
    body: Members,
    status: 200,
    handle: async ({ core, auth: { accountId, mode }, params, body }) => ({
      added: await addMembers(core, { accountId, mode, id: params.id, contactIds: body.contact_ids }),
    }),
  });

  table.post('/lists/:id/members/remove', {
    id: 'removeMembers',
    tag,
    summary: 'Take contacts off a list',
    scope: 'contacts:write',
    params: Params,
    body: Members,
    status: 200,
    handle: async ({ core, auth: { accountId, mode }, params, body }) => ({
      removed: await removeMembers(core, { accountId, mode, id: params.id, contactIds: body.contact_ids }),
    }),
  });
}
