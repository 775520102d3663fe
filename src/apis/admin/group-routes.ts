import Type from 'typebox';
import { ACTOR, type AdminRoutes } from '#apis/admin/admin-parts.js';
import { MOST_USERS, OwnerQuery, ownerOf } from '#apis/admin/user-routes.js';
import type { Core } from '#core/core.js';
import {
  createGroup,
  findGroupCalled,
  listGroups,
  listUsers,
  removeGroup,
  updateGroup,
  type Group,
  type PeopleOwner,
  type User,
} from '#core/people/index.js';

const strict = { additionalProperties: false };
const Params = Type.Object({ called: Type.String() });
const Members = Type.Optional(Type.Array(Type.String()));
const MOST_GROUPS = 1000;

export function addGroupRoutes(table: AdminRoutes): void {
  table.get('/groups', {
    id: 'listGroups',
    summary: 'The groups of an account',
    query: OwnerQuery,
    handle: async ({ core, query }) => {
      const owner = await ownerOf(core, query);
      const users = await listUsers(core, owner, { limit: MOST_USERS });
      const groups = await listGroups(core, owner, { limit: MOST_GROUPS });
      return { groups: groups.map((group) => presentGroup(group, users)) };
    },
  });

  table.post('/groups', {
    id: 'createGroup',
    summary: 'Add a group; members by id, e-mail address or name',
    query: OwnerQuery,
    body: Type.Object({ name: Type.String(), members: Members }, strict),
    status: 201,
    handle: async ({ core, query, body }) => {
      const owner = await ownerOf(core, query);
      return withMembers(core, owner, await createGroup(core, { ...owner, ...body, actor: ACTOR }));
    },
  });

  table.get('/groups/:called', {
    id: 'showGroup',
    summary: 'One group, by id or name',
    query: OwnerQuery,
    params: Params,
    handle: async ({ core, query, params }) => {
      const owner = await ownerOf(core, query);
      return withMembers(core, owner, await findGroupCalled(core, owner, params.called));
    },
  });

  table.put('/groups/:called', {
    id: 'updateGroup',
    summary: 'Change what is given; members replace them all',
    query: OwnerQuery,
    params: Params,
    body: Type.Object({ name: Type.Optional(Type.String()), members: Members }, strict),
    handle: async ({ core, query, params, body }) => {
      const owner = await ownerOf(core, query);
      const { id } = await findGroupCalled(core, owner, params.called);
      return withMembers(core, owner, await updateGroup(core, { ...owner, id, changes: body, actor: ACTOR }));
    },
  });

  table.delete('/groups/:called', {
    id: 'removeGroup',
    summary: 'Remove a group; its members stay',
    query: OwnerQuery,
    params: Params,
    handle: async ({ core, query, params }) => {
      const owner = await ownerOf(core, query);
      const group = await findGroupCalled(core, owner, params.called);
      await removeGroup(core, { ...owner, id: group.id, actor: ACTOR });
      return { id: group.id, name: group.name };
    },
  });
}

async function withMembers(core: Pick<Core, 'db'>, owner: PeopleOwner, group: Group) {
  return presentGroup(group, await listUsers(core, owner, { limit: MOST_USERS }));
}

function presentGroup(group: Group, users: User[]) {
  const named = new Map(users.map((user) => [user.id, user]));
  return {
    id: group.id,
    name: group.name,
    members: group.members.map((id) => ({ id, name: named.get(id)?.name ?? id, phones: named.get(id)?.phones ?? [] })),
    created_at: group.createdAt,
  };
}
