import Type, { type Static } from 'typebox';
import type { RouteTable } from '#apis/http/index.js';
import { ROLE_NAMES } from '#apis/phone-system/may.js';
import { dataOf, PAGE_QUERY, pageOf, presentPage } from '#apis/phone-system/page.js';
import { presentTime } from '#apis/phone-system/time.js';
import type { Caller } from '#core/accounts/index.js';
import type { FlowConfiguration } from '#core/call-flow/index.js';
import type { Core } from '#core/core.js';
import { createUser, findUser, pageOfUsers, removeUser, updateUser, type Role, type User } from '#core/people/index.js';
import { readRouting } from '#core/routing/index.js';

const tag = 'Users';
const strict = { additionalProperties: false };
const UserParams = Type.Object({ id: Type.String() });

const ROLES = Object.fromEntries(Object.entries(ROLE_NAMES).map(([ours, theirs]) => [theirs, ours])) as Record<
  (typeof ROLE_NAMES)[Role],
  Role
>;

const FIELDS = {
  firstName: Type.String({ minLength: 1, maxLength: 100 }),
  lastName: Type.String({ maxLength: 100 }),
  email: Type.Union([Type.String({ maxLength: 254 }), Type.Null()], { description: 'Of one user in the account.' }),
  role: Type.Union([Type.Literal('owner'), Type.Literal('manager'), Type.Literal('user')]),
  phones: Type.Array(Type.String(), {
    maxItems: 10,
    description: 'Names of phones of the account. With a test key any name, or a simulated number.',
  }),
  extension: Type.Union([Type.String({ pattern: '^[0-9]{2,6}$' }), Type.Null()], {
    description: 'What is dialled for them: 2 to 6 digits, of one extension in the account. Null: none.',
  }),
};
const CHANGES = Type.Partial(Type.Object(FIELDS)).properties;
const CreateBody = Type.Object({ ...CHANGES, firstName: FIELDS.firstName }, strict);
const UpdateBody = Type.Object(CHANGES, strict);

const UserObject = Type.Object({
  id: Type.String(),
  ...FIELDS,
  extensionId: Type.Union([Type.Integer(), Type.Null()]),
  mailboxes: Type.Array(Type.Object({ id: Type.Integer(), name: Type.String() })),
  createdAt: Type.String(),
  updatedAt: Type.String(),
});

/** What of the configuration belongs to whom. */
interface Owned {
  extensions: Map<string, { id: number; number: string }>;
  mailboxes: Map<string, { id: number; name: string }[]>;
}

function readOwned({ objects }: FlowConfiguration): Owned {
  const owned: Owned = { extensions: new Map(), mailboxes: new Map() };
  for (const [id, { userId, number }] of objects.extension) {
    if (userId !== null && !owned.extensions.has(userId)) owned.extensions.set(userId, { id, number });
  }
  for (const [id, { userId, name }] of objects.mailbox) {
    if (userId !== null) owned.mailboxes.set(userId, [...(owned.mailboxes.get(userId) ?? []), { id, name }]);
  }
  return owned;
}

function presentUser(owned: Owned, user: User): Static<typeof UserObject> {
  const extension = owned.extensions.get(user.id);
  return {
    id: user.id,
    firstName: user.firstName,
    lastName: user.lastName,
    email: user.email ?? null,
    role: ROLE_NAMES[user.role],
    phones: user.phones,
    extension: extension?.number ?? null,
    extensionId: extension?.id ?? null,
    mailboxes: owned.mailboxes.get(user.id) ?? [],
    createdAt: presentTime(user.createdAt),
    updatedAt: presentTime(user.updatedAt),
  };
}

async function present(core: Core, auth: Caller, user: User): Promise<{ data: Static<typeof UserObject> }> {
  return { data: presentUser(readOwned(await readRouting(core, auth)), user) };
}

/** The people of the account, who own extensions, phones and mailboxes. */
export function userRoutes(table: RouteTable<Caller>): void {
  table.get('/users', {
    id: 'listUsers',
    tag,
    summary: 'List the users, the oldest first',
    scope: 'users:read',
    query: Type.Object(
      {
        ...PAGE_QUERY,
        search: Type.Optional(Type.String({ maxLength: 254, description: 'Part of a name or e-mail address.' })),
      },
      strict,
    ),
    returns: pageOf(UserObject),
    handle: async (handling) => {
      const { core, auth, query } = handling;
      const { items, total } = await pageOfUsers(core, auth, query);
      const owned = readOwned(await readRouting(core, auth));
      return presentPage(handling, { items: items.map((user) => presentUser(owned, user)), total });
    },
  });

  table.post('/users', {
    id: 'createUser',
    tag,
    summary: 'Add a user, with an extension where one is given',
    description: 'Only owners add owners.',
    scope: 'users:write',
    body: CreateBody,
    status: 201,
    returns: dataOf(UserObject),
    handle: async ({ core, auth, body }) => {
      const { role, extension, ...others } = body;
      const user = await createUser(core, {
        ...actorOf(auth),
        ...others,
        ...(role === undefined ? {} : { role: ROLES[role] }),
        ...(extension === undefined || extension === null ? {} : { extension }),
      });
      return present(core, auth, user);
    },
  });

  table.get('/users/:id', {
    id: 'getUser',
    tag,
    summary: 'One user',
    scope: 'users:read',
    params: UserParams,
    returns: dataOf(UserObject),
    handle: async ({ core, auth, params }) => present(core, auth, await findUser(core, auth, params.id)),
  });

  table.patch('/users/:id', {
    id: 'updateUser',
    tag,
    summary: 'Change what is given',
    description:
      'Another role counts for the keys of the user at once. Only owners change owners, and the last one stays one.',
    scope: 'users:write',
    params: UserParams,
    body: UpdateBody,
    returns: dataOf(UserObject),
    handle: async ({ core, auth, params, body }) => {
      const { role, ...others } = body;
      const changes = { ...others, ...(role === undefined ? {} : { role: ROLES[role] }) };
      return present(core, auth, await updateUser(core, { ...actorOf(auth), id: params.id, changes }));
    },
  });

  table.delete('/users/:id', {
    id: 'deleteUser',
    tag,
    summary: 'Remove a user; their keys end at once',
    description:
      'Refused while calls lead to them, or an extension or mailbox is theirs, with the path of each, unless ' +
      '`replacementUserId` takes their place.',
    scope: 'users:write',
    params: UserParams,
    query: Type.Object({ replacementUserId: Type.Optional(Type.String()) }, strict),
    handle: async ({ core, auth, params, query }) => {
      await removeUser(core, { ...actorOf(auth), id: params.id, replacementId: query.replacementUserId });
      return undefined;
    },
  });
}

function actorOf({ accountId, mode, keyId, user }: Caller) {
  return { accountId, mode, actor: keyId, actorRole: user?.role };
}
