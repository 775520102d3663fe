import Type from 'typebox';
import { AccountQuery, chosenAccount } from '#apis/admin/account-choice.js';
import { ACTOR, type AdminParts, type AdminRoutes } from '#apis/admin/admin-parts.js';
import {
  createAccount,
  LIMIT_NAMES,
  LIMITS,
  listAccounts,
  setLimit,
  setStage,
  STAGES,
  updateAccount,
  type Account,
} from '#core/accounts/index.js';
import { rollWebhookSecret } from '#core/webhooks/index.js';

export function addAccountRoutes(table: AdminRoutes, { keyRing }: AdminParts): void {
  table.get('/accounts', {
    id: 'listAccounts',
    summary: 'All accounts, the first one first',
    handle: async ({ core }) => ({ accounts: (await listAccounts(core)).map(presentAccount) }),
  });

  table.post('/accounts', {
    id: 'createAccount',
    summary: 'Create an account, with a webhook secret',
    body: Type.Object(
      { name: Type.String(), domain: Type.Optional(Type.String()), api: Type.Optional(Type.Boolean()) },
      { additionalProperties: false },
    ),
    status: 201,
    handle: async ({ core, body }) => {
      const { api = false, ...others } = body;
      const account = await createAccount(core, { ...others, apiEnabled: api, actor: ACTOR });
      await rollWebhookSecret(core, account.id);
      return presentAccount(account);
    },
  });

  table.put('/account', {
    id: 'updateAccount',
    summary: 'Change what is given of an account',
    query: AccountQuery,
    body: Type.Object(
      {
        name: Type.Optional(Type.String()),
        email: Type.Optional(Type.Union([Type.String(), Type.Null()])),
        time_zone: Type.Optional(Type.String()),
      },
      { additionalProperties: false },
    ),
    handle: async ({ core, query, body }) => {
      const { id: accountId } = await chosenAccount(core, query);
      const { time_zone: timeZone, ...others } = body;
      const changes = { ...others, ...(timeZone === undefined ? {} : { timeZone }) };
      return presentAccount(await updateAccount(core, { accountId, ...changes, actor: ACTOR }));
    },
  });

  table.put('/stage', {
    id: 'setStage',
    summary: 'Whether an account reaches everybody, or verified numbers only',
    query: AccountQuery,
    body: Type.Object(
      { stage: Type.Union(STAGES.map((stage) => Type.Literal(stage))) },
      { additionalProperties: false },
    ),
    handle: async ({ core, query, body }) => {
      const { id: accountId } = await chosenAccount(core, query);
      return presentAccount(await setStage(core, { accountId, stage: body.stage, actor: ACTOR }));
    },
  });

  table.get('/limits', {
    id: 'listLimits',
    summary: 'The limits of an account',
    query: AccountQuery,
    handle: async ({ core, query }) => {
      const account = await chosenAccount(core, query);
      return { limits: LIMIT_NAMES.map((name) => presentLimit(account, name)) };
    },
  });

  table.put('/limits/:name', {
    id: 'setLimit',
    summary: 'Set a limit of an account; null takes the setting back',
    query: AccountQuery,
    params: Type.Object({ name: Type.String() }),
    body: Type.Object({ value: Type.Union([Type.Number(), Type.Null()]) }, { additionalProperties: false }),
    handle: async ({ core, query, params, body }) => {
      const { id: accountId } = await chosenAccount(core, query);
      const changed = await setLimit({ ...core, keyRing }, { accountId, ...params, ...body, actor: ACTOR });
      const name = LIMIT_NAMES.find((known) => known === params.name);
      if (name === undefined) throw new Error(`the limit ${params.name} was set but is not known`);
      return presentLimit(changed, name);
    },
  });
}

function presentAccount(account: Account) {
  return {
    id: account.id,
    name: account.name,
    domain: account.domain,
    stage: account.stage,
    email: account.email,
    time_zone: account.timeZone,
    api_enabled: account.apiEnabled,
    created_at: account.createdAt,
  };
}

function presentLimit(account: Account, name: (typeof LIMIT_NAMES)[number]) {
  return {
    name,
    value: account.limits[name],
    default: LIMITS[name].default,
    description: LIMITS[name].description,
  };
}
