import Type, { type Static } from 'typebox';
import type { RouteTable } from '#apis/http/index.js';
import {
  listSchema,
  objectSchema,
  PAGE_QUERY,
  presentHead,
  presentList,
  presentTime,
  strict,
} from '#apis/verify/present-object.js';
import type { Caller } from '#core/accounts/index.js';
import { findWallet, listEntries, type LedgerEntry } from '#core/billing/index.js';
import type { Mode } from '#core/tables.js';

const tag = 'Wallet';
const Money = Type.Integer({ description: 'Minor units of the currency.' });
const Optional = <S extends Parameters<typeof Type.Union>[0][number]>(schema: S) => Type.Union([schema, Type.Null()]);

const WalletObject = objectSchema('wallet', {
  currency: Type.String({ description: 'ISO 4217.' }),
  metering: Type.String({ description: '`prepaid`: an empty balance refuses. `off`: what is used is owed.' }),
  balance: Money,
  held: Money,
  owed: Money,
});

const EntryObject = objectSchema('wallet_entry', {
  id: Type.String(),
  kind: Type.String({ description: '`credit`, `hold`, `release`, `charge` or `postpaid`.' }),
  amount: Money,
  balance_after: Money,
  reference: Optional(Type.String({ description: 'The id of the call, code or file that it is for.' })),
  unit: Optional(Type.String()),
  quantity: Optional(Type.Number()),
  price: Optional(Type.Number({ description: 'Of one unit, in minor units.' })),
  note: Optional(Type.String()),
  created_at: Type.String(),
});

function presentEntry(mode: Mode, entry: LedgerEntry): Static<typeof EntryObject> {
  return {
    ...presentHead('wallet_entry', mode),
    id: entry.id,
    kind: entry.kind,
    amount: entry.amount,
    balance_after: entry.balanceAfter,
    reference: entry.reference ?? null,
    unit: entry.unit ?? null,
    quantity: entry.quantity === undefined ? null : Number(entry.quantity),
    price: entry.price === undefined ? null : Number(entry.price),
    note: entry.note ?? null,
    created_at: presentTime(entry.at),
  };
}

/** The account's money. Nothing is charged in the sandbox, and so the wallet of a test key is empty. */
export function walletRoutes(table: RouteTable<Caller>): void {
  table.get('/wallet', {
    id: 'getWallet',
    tag,
    summary: 'The balance',
    scope: 'wallet:read',
    query: Type.Object({}, strict),
    returns: WalletObject,
    handle: async ({ core, auth }) => {
      const { currency, metering, balance, held, owed } = await findWallet(core, auth.accountId);
      const money = auth.mode === 'live' ? { balance, held, owed } : { balance: 0, held: 0, owed: 0 };
      return { ...presentHead('wallet', auth.mode), currency, metering, ...money };
    },
  });

  table.get('/wallet/entries', {
    id: 'listWalletEntries',
    tag,
    summary: 'The ledger, the newest entry first',
    scope: 'wallet:read',
    query: Type.Object(PAGE_QUERY, strict),
    returns: listSchema(EntryObject),
    handle: async ({ core, auth, query }) => {
      if (auth.mode === 'test') return presentList([]);
      const page = { limit: query.limit, after: query.starting_after };
      const entries = await listEntries(core, { accountId: auth.accountId, ...page });
      return presentList(entries.map((entry) => presentEntry(auth.mode, entry)));
    },
  });
}
