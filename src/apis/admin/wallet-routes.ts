import Type from 'typebox';
import { AccountQuery, chosenAccount } from '#apis/admin/account-choice.js';
import { ACTOR, type AdminRoutes } from '#apis/admin/admin-parts.js';
import { findAccount } from '#core/accounts/index.js';
import {
  creditWallet,
  findWallet,
  listEntries,
  listPrices,
  setCurrency,
  setMetering,
  setPrice,
  type LedgerEntry,
  type Price,
  type Wallet,
} from '#core/billing/index.js';
import type { Core } from '#core/core.js';

const strict = { additionalProperties: false };
const Metering = Type.Union([Type.Literal('off'), Type.Literal('prepaid')]);

export function addWalletRoutes(table: AdminRoutes): void {
  table.get('/wallet', {
    id: 'showWallet',
    summary: 'The wallet of an account',
    query: AccountQuery,
    handle: async ({ core, query }) => presentWallet(await findWallet(core, (await chosenAccount(core, query)).id)),
  });

  table.post('/wallet/credits', {
    id: 'creditWallet',
    summary: 'Enter money that was paid',
    query: AccountQuery,
    body: Type.Object({ amount: Type.Number(), note: Type.String() }, strict),
    handle: async ({ core, query, body }) => {
      const { id: accountId } = await chosenAccount(core, query);
      return presentWallet(await creditWallet(core, { accountId, ...body, actor: ACTOR }));
    },
  });

  table.get('/wallet/entries', {
    id: 'listWalletEntries',
    summary: 'The ledger of an account, the newest entry first',
    query: Type.Object({
      ...AccountQuery.properties,
      limit: Type.Integer({ minimum: 1, maximum: 1000, default: 50 }),
      after: Type.Optional(Type.String()),
    }),
    handle: async ({ core, query }) => {
      const { id: accountId } = await chosenAccount(core, query);
      const entries = await listEntries(core, { accountId, limit: query.limit, after: query.after });
      return { entries: entries.map(presentEntry) };
    },
  });

  table.put('/wallet/metering', {
    id: 'setMetering',
    summary: 'Whether an empty balance refuses',
    query: AccountQuery,
    body: Type.Object({ metering: Metering }, strict),
    handle: async ({ core, query, body }) => {
      const { id: accountId } = await chosenAccount(core, query);
      return presentWallet(await setMetering(core, { accountId, ...body, actor: ACTOR }));
    },
  });

  table.put('/wallet/currency', {
    id: 'setCurrency',
    summary: 'The currency of an account whose ledger is empty',
    query: AccountQuery,
    body: Type.Object({ currency: Type.String() }, strict),
    handle: async ({ core, query, body }) => {
      const { id: accountId } = await chosenAccount(core, query);
      return presentWallet(await setCurrency(core, { accountId, ...body, actor: ACTOR }));
    },
  });

  table.get('/prices', {
    id: 'listPrices',
    summary: 'The prices of an account; without one, those of the installation',
    query: AccountQuery,
    handle: async ({ core, query }) => ({
      prices: (await listPrices(core, await namedAccount(core, query))).map(presentPrice),
    }),
  });

  table.put('/prices/:unit', {
    id: 'setPrice',
    summary: 'Set a price; null takes it back',
    query: AccountQuery,
    params: Type.Object({ unit: Type.String() }),
    body: Type.Object({ amount: Type.Union([Type.String(), Type.Null()]) }, strict),
    handle: async ({ core, query, params, body }) => {
      const accountId = await namedAccount(core, query);
      return presentPrice(await setPrice(core, { accountId, ...params, ...body, actor: ACTOR }));
    },
  });
}

/** Prices are the installation's where no account is named. */
async function namedAccount(core: Pick<Core, 'db'>, query: { account?: string }): Promise<string | undefined> {
  return query.account === undefined ? undefined : (await findAccount(core, query.account)).id;
}

function presentWallet({ accountId, ...wallet }: Wallet) {
  return { account_id: accountId, ...wallet };
}

function presentEntry({ balanceAfter, at, ...entry }: LedgerEntry) {
  return { ...entry, balance_after: balanceAfter, created_at: at };
}

function presentPrice({ setFor, ...price }: Price) {
  return { ...price, set_for: setFor };
}
