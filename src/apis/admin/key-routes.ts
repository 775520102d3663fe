import Type from 'typebox';
import { AccountQuery, chosenAccount, Mode, readTime } from '#apis/admin/account-choice.js';
import { ACTOR, type AdminParts, type AdminRoutes } from '#apis/admin/admin-parts.js';
import type { Core } from '#core/core.js';
import {
  createKey,
  listKeys,
  revokeKey,
  rollKey,
  type ApiKey,
  type CreatedKey,
  type CreateKey,
} from '#core/accounts/index.js';
import { findUserCalled } from '#core/people/index.js';
import { findSite } from '#core/sites/index.js';

const Style = Type.Union([Type.Literal('sidetone'), Type.Literal('telroi'), Type.Literal('talkroute')]);
const KeyId = Type.Object({ id: Type.String() });

export function addKeyRoutes(table: AdminRoutes, { keyRing }: AdminParts): void {
  table.get('/keys', {
    id: 'listKeys',
    summary: 'The keys of an account, without their texts',
    query: AccountQuery,
    handle: async ({ core, query }) => {
      const account = await chosenAccount(core, query);
      return { keys: (await listKeys(core, account.id)).map(presentKey) };
    },
  });

  table.post('/keys', {
    id: 'createKey',
    summary: 'Create a key; its text is in this reply only',
    query: AccountQuery,
    body: Type.Object(
      {
        mode: Mode,
        style: Type.Optional(Style),
        scopes: Type.Optional(Type.Array(Type.String())),
        expires_at: Type.Optional(Type.String()),
        user: Type.Optional(Type.String()),
        site: Type.Optional(Type.String()),
      },
      { additionalProperties: false },
    ),
    status: 201,
    handle: async ({ core, query, body }) => {
      const account = await chosenAccount(core, query);
      const expiresAt = readTime(body.expires_at, 'key.bad_input', 'expires_at');
      const input: CreateKey = {
        accountId: account.id,
        mode: body.mode,
        ...(await userOf(core, account.id, body)),
        ...(body.style === undefined ? {} : { style: body.style }),
        ...(body.scopes === undefined ? {} : { scopes: body.scopes }),
        ...(await siteOf(core, account.id, body)),
        ...(expiresAt === undefined ? {} : { expiresAt }),
        actor: ACTOR,
      };
      return presentCreatedKey(await createKey(core, input));
    },
  });

  table.post('/keys/:id/roll', {
    id: 'rollKey',
    summary: 'Replace a key by a new one; the old one works on for the overlap',
    query: AccountQuery,
    params: KeyId,
    body: Type.Object({ overlap_seconds: Type.Optional(Type.Number()) }, { additionalProperties: false }),
    status: 201,
    handle: async ({ core, query, params, body }) => {
      const account = await chosenAccount(core, query);
      const overlap = body.overlap_seconds === undefined ? {} : { overlapSeconds: body.overlap_seconds };
      const input = { accountId: account.id, keyId: params.id, ...overlap, actor: ACTOR };
      return presentCreatedKey(await rollKey({ ...core, keyRing }, input));
    },
  });

  table.delete('/keys/:id', {
    id: 'revokeKey',
    summary: 'End a key at once',
    query: AccountQuery,
    params: KeyId,
    handle: async ({ core, query, params }) => {
      const account = await chosenAccount(core, query);
      const input = { accountId: account.id, keyId: params.id, actor: ACTOR };
      return presentKey(await revokeKey({ ...core, keyRing }, input));
    },
  });
}

/** By id, e-mail address or name. */
async function userOf(
  core: Pick<Core, 'db'>,
  accountId: string,
  { mode, user }: { mode: 'live' | 'test'; user?: string },
): Promise<{ userId?: string }> {
  return user === undefined ? {} : { userId: (await findUserCalled(core, { accountId, mode }, user)).id };
}

/** By its slug. */
async function siteOf(
  core: Pick<Core, 'db'>,
  accountId: string,
  { mode, site }: { mode: 'live' | 'test'; site?: string },
): Promise<{ siteId?: string }> {
  return site === undefined ? {} : { siteId: (await findSite(core, { accountId, mode }, site)).id };
}

function presentKey(key: ApiKey) {
  return {
    id: key.id,
    mode: key.mode,
    user_id: key.userId,
    style: key.style,
    scopes: key.scopes,
    hint: key.hint,
    created_at: key.createdAt,
    expires_at: key.expiresAt,
    revoked_at: key.revokedAt,
    last_used_at: key.lastUsedAt,
    replaced_by: key.replacedBy,
  };
}

function presentCreatedKey({ key, secret }: CreatedKey) {
  return { ...presentKey(key), key: secret };
}
