import Type from 'typebox';
import { AccountQuery, chosenAccount, Mode } from '#apis/admin/account-choice.js';
import { ACTOR, type AdminRoutes } from '#apis/admin/admin-parts.js';
import type { Core } from '#core/core.js';
import {
  createUser,
  findUserCalled,
  listUsers,
  removeUser,
  updateUser,
  type PeopleOwner,
  type User,
} from '#core/people/index.js';

const strict = { additionalProperties: false };
export const OwnerQuery = Type.Object({ ...AccountQuery.properties, mode: Mode });
const Params = Type.Object({ called: Type.String() });
const Role = Type.Union([Type.Literal('owner'), Type.Literal('admin'), Type.Literal('member')]);
/** As many as an account can have. */
export const MOST_USERS = 10_000;

const CHANGES = {
  extension: Type.Optional(Type.Union([Type.String(), Type.Null()])),
  email: Type.Optional(Type.Union([Type.String(), Type.Null()])),
  role: Type.Optional(Role),
  phones: Type.Optional(Type.Array(Type.String())),
};

/** Whose people a command is about. */
export async function ownerOf(
  core: Pick<Core, 'db'>,
  query: { account?: string; mode: 'live' | 'test' },
): Promise<PeopleOwner> {
  return { accountId: (await chosenAccount(core, query)).id, mode: query.mode };
}

export function addUserRoutes(table: AdminRoutes): void {
  table.get('/users', {
    id: 'listUsers',
    summary: 'The users of an account',
    query: OwnerQuery,
    handle: async ({ core, query }) => ({
      users: (await listUsers(core, await ownerOf(core, query), { limit: MOST_USERS })).map(presentUser),
    }),
  });

  table.post('/users', {
    id: 'createUser',
    summary: 'Add a user',
    query: OwnerQuery,
    body: Type.Object({ name: Type.String(), ...CHANGES }, strict),
    status: 201,
    handle: async ({ core, query, body }) => {
      const { extension, ...others } = body;
      const given = extension === undefined || extension === null ? {} : { extension };
      return presentUser(
        await createUser(core, { ...(await ownerOf(core, query)), ...others, ...given, actor: ACTOR }),
      );
    },
  });

  table.get('/users/:called', {
    id: 'showUser',
    summary: 'One user, by id, e-mail address or name',
    query: OwnerQuery,
    params: Params,
    handle: async ({ core, query, params }) =>
      presentUser(await findUserCalled(core, await ownerOf(core, query), params.called)),
  });

  table.put('/users/:called', {
    id: 'updateUser',
    summary: 'Change what is given',
    query: OwnerQuery,
    params: Params,
    body: Type.Object({ name: Type.Optional(Type.String()), ...CHANGES }, strict),
    handle: async ({ core, query, params, body }) => {
      const owner = await ownerOf(core, query);
      const { id } = await findUserCalled(core, owner, params.called);
      return presentUser(await updateUser(core, { ...owner, id, changes: body, actor: ACTOR }));
    },
  });

  table.delete('/users/:called', {
    id: 'removeUser',
    summary: 'Remove a user, also out of groups',
    query: Type.Object({ ...OwnerQuery.properties, replacement: Type.Optional(Type.String()) }),
    params: Params,
    handle: async ({ core, query, params }) => {
      const owner = await ownerOf(core, query);
      const user = await findUserCalled(core, owner, params.called);
      const replacementId =
        query.replacement === undefined ? undefined : (await findUserCalled(core, owner, query.replacement)).id;
      await removeUser(core, { ...owner, id: user.id, replacementId, actor: ACTOR });
      return { id: user.id, name: user.name };
    },
  });
}

function presentUser(user: User) {
  return {
    id: user.id,
    name: user.name,
    email: user.email ?? null,
    role: user.role,
    phones: user.phones,
    created_at: user.createdAt,
  };
}
