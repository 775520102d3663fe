import Type, { type Static } from 'typebox';
import type { RouteTable } from '#apis/http/index.js';
import {
  deletedSchema,
  listSchema,
  objectSchema,
  PAGE_QUERY,
  presentDeleted,
  presentHead,
  presentList,
  presentTime,
  strict,
} from '#apis/verify/present-object.js';
import type { Caller } from '#core/accounts/index.js';
import { createGroup, findGroup, listGroups, removeGroup, updateGroup, type Group } from '#core/people/index.js';
import type { Mode } from '#core/tables.js';

const tag = 'Groups';
const Params = Type.Object({ id: Type.String() });

const FIELDS = {
  name: Type.String({ description: '1 to 100 characters. Of one group in the account.' }),
  members: Type.Array(Type.String(), { description: 'Ids of users, in their order; at most 50.' }),
};

const GroupObject = objectSchema('group', {
  id: Type.String(),
  ...FIELDS,
  created_at: Type.String(),
  updated_at: Type.String(),
});

function presentGroup(mode: Mode, group: Group): Static<typeof GroupObject> {
  return {
    ...presentHead('group', mode),
    id: group.id,
    name: group.name,
    members: group.members,
    created_at: presentTime(group.createdAt),
    updated_at: presentTime(group.updatedAt),
  };
}

/** Users who are called together. */
export function groupRoutes(table: RouteTable<Caller>): void {
  table.post('/groups', {
    id: 'createGroup',
    tag,
    summary: 'Add a group',
    scope: 'users:write',
    body: Type.Object({ name: FIELDS.name, members: Type.Optional(FIELDS.members) }, strict),
    status: 201,
    returns: GroupObject,
    handle: async ({ core, auth, body }) =>
      presentGroup(
        auth.mode,
        await createGroup(core, { accountId: auth.accountId, mode: auth.mode, actor: auth.keyId, ...body }),
      ),
  });

  table.get('/groups', {
    id: 'listGroups',
    tag,
    summary: 'List the groups, the oldest first',
    scope: 'users:read',
    query: Type.Object(PAGE_QUERY, strict),
    returns: listSchema(GroupObject),
    handle: async ({ core, auth, query }) => {
      const groups = await listGroups(core, auth, { after: query.starting_after, limit: query.limit });
      return presentList(groups.map((group) => presentGroup(auth.mode, group)));
    },
  });

  table.get('/groups/:id', {
    id: 'getGroup',
    tag,
    summary: 'One group',
    scope: 'users:read',
    params: Params,
    returns: GroupObject,
    handle: async ({ core, auth, params }) => presentGroup(auth.mode, await findGroup(core, auth, params.id)),
  });

  table.patch('/groups/:id', {
    id: 'updateGroup',
    tag,
    summary: 'Change what is given; `members` replaces them all',
    scope: 'users:write',
    params: Params,
    body: Type.Object({ name: Type.Optional(FIELDS.name), members: Type.Optional(FIELDS.members) }, strict),
    returns: GroupObject,
    handle: async ({ core, auth, params, body }) => {
      const { accountId, mode, keyId: actor } = auth;
      return presentGroup(mode, await updateGroup(core, { accountId, mode, actor, id: params.id, changes: body }));
    },
  });

  table.delete('/groups/:id', {
    id: 'deleteGroup',
    tag,
    summary: 'Remove a group; its members stay',
    scope: 'users:write',
    params: Params,
    returns: deletedSchema('group'),
    handle: async ({ core, auth, params }) => {
      await removeGroup(core, { accountId: auth.accountId, mode: auth.mode, id: params.id, actor: auth.keyId });
      return presentDeleted('group', auth.mode, params.id);
    },
  });
}
