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
import { createUser, findUser, listUsers, removeUser, updateUser, type User } from '#core/people/index.js';
import type { Mode } from '#core/tables.js';

const tag = 'Users';
const Params = Type.Object({ id: Type.String() });
const Role = Type.Union([Type.Literal('owner'), Type.Literal('admin'), Type.Literal('member')]);

const FIELDS = {
  name: Type.String({ description: '1 to 100 characters.' }),
  email: Type.Union([Type.String(), Type.Null()], { description: 'Of one user in the account.' }),
  role: Role,
  phones: Type.Array(Type.String(), {
    description: 'Names of phones of the account, at most 10. With a test key any name, or a simulated number.',
  }),
};
const CreateBody = Type.Object({ ...Type.Partial(Type.Object(FIELDS)).properties, name: FIELDS.name }, strict);
const UpdateBody = Type.Object(Type.Partial(Type.Object(FIELDS)).properties, strict);

const UserObject = objectSchema('user', {
  id: Type.String(),
  ...FIELDS,
  created_at: Type.String(),
  updated_at: Type.String(),
});

function presentUser(mode: Mode, user: User): Static<typeof UserObject> {
  return {
    ...presentHead('user', mode),
    id: user.id,
    name: user.name,
    email: user.email ?? null,
    role: user.role,
    phones: user.phones,
    created_at: presentTime(user.createdAt),
    updated_at: presentTime(user.updatedAt),
  };
}

/** The people of the account: whom calls can be connected with. */
export function userRoutes(table: RouteTable<Caller>): void {
  table.post('/users', {
    id: 'createUser',
    tag,
    summary: 'Add a user',
    scope: 'users:write',
    body: CreateBody,
    status: 201,
    returns: UserObject,
    handle: async ({ core, auth, body }) =>
      presentUser(
        auth.mode,
        await createUser(core, {
          accountId: auth.accountId,
          mode: auth.mode,
          ...{ actor: auth.keyId, actorRole: auth.user?.role },
          ...body,
        }),
      ),
  });

  table.get('/users', {
    id: 'listUsers',
    tag,
    summary: 'List the users, the oldest first',
    scope: 'users:read',
    query: Type.Object(
      {
        ...PAGE_QUERY,
        q: Type.Optional(Type.String({ maxLength: 254, description: 'Part of a name or e-mail address.' })),
      },
      strict,
    ),
    returns: listSchema(UserObject),
    handle: async ({ core, auth, query }) => {
      const filter = { search: query.q, after: query.starting_after, limit: query.limit };
      return presentList((await listUsers(core, auth, filter)).map((user) => presentUser(auth.mode, user)));
    },
  });

  table.get('/users/:id', {
    id: 'getUser',
    tag,
    summary: 'One user',
    scope: 'users:read',
    params: Params,
    returns: UserObject,
    handle: async ({ core, auth, params }) => presentUser(auth.mode, await findUser(core, auth, params.id)),
  });

  table.patch('/users/:id', {
    id: 'updateUser',
    tag,
    summary: 'Change what is given',
    scope: 'users:write',
    params: Params,
    body: UpdateBody,
    returns: UserObject,
    handle: async ({ core, auth, params, body }) => {
      const { accountId, mode, keyId: actor, user } = auth;
      const change = { accountId, mode, actor, actorRole: user?.role, id: params.id, changes: body };
      return presentUser(mode, await updateUser(core, change));
    },
  });

  table.delete('/users/:id', {
    id: 'deleteUser',
    tag,
    summary: 'Remove a user, also out of groups',
    scope: 'users:write',
    params: Params,
    returns: deletedSchema('user'),
    handle: async ({ core, auth, params }) => {
      const { accountId, mode, keyId: actor, user } = auth;
      await removeUser(core, { accountId, mode, id: params.id, actor, actorRole: user?.role });
      return presentDeleted('user', auth.mode, params.id);
    },
  });
}
