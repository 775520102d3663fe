import Type, { type Static } from 'typebox';
import type { RouteTable } from '#apis/http/index.js';
import { dataOf } from '#apis/phone-system/page.js';
import { presentTime } from '#apis/phone-system/time.js';
import { requireLive } from '#apis/phone-system/may.js';
import { findAccount, updateAccount, type Account, type Caller } from '#core/accounts/index.js';
import { daysSince, findDebt } from '#core/billing/index.js';
import type { Core } from '#core/core.js';
import { hasFeature, planOf } from '#core/plans/index.js';
import { hasTrunk } from '#core/trunks/index.js';

const tag = 'Account';

/** The name is the operator's to change: it is one of a kind among all accounts, and a refusal would tell of others. */
const CHANGEABLE = {
  email: Type.Union([Type.String({ maxLength: 254 }), Type.Null()], {
    description: 'Where its owners are written to.',
  }),
  timezone: Type.String({ maxLength: 64, description: 'IANA.', examples: ['America/New_York'] }),
};

const AccountObject = Type.Object({
  id: Type.String(),
  name: Type.String(),
  ...CHANGEABLE,
  planId: Type.Integer(),
  trial: Type.Boolean({ description: 'Always false: there are no trials.' }),
  isPastDue: Type.Boolean({ description: 'Metered, and more was used than was paid.' }),
  daysPastDue: Type.Integer({ description: 'Whole days.' }),
  outboundDialing: Type.Boolean({ description: 'Whether its phones can call outside.' }),
  createdAt: Type.String(),
});

async function presentAccount(
  core: Pick<Core, 'db' | 'clock'>,
  { mode }: Pick<Caller, 'mode'>,
  account: Account,
): Promise<Static<typeof AccountObject>> {
  const plan = await planOf(core, account.id);
  // The wallet belongs to what is real; so do trunks.
  const debt = mode === 'live' ? await findDebt(core, account.id) : undefined;
  const reachesOutside = mode === 'test' || (await hasTrunk(core, account.id));
  return {
    id: account.id,
    name: account.name,
    email: account.email,
    timezone: account.timeZone,
    planId: plan.id,
    trial: false,
    isPastDue: debt !== undefined,
    daysPastDue: debt === undefined ? 0 : daysSince(debt.since, core.clock.now()),
    outboundDialing: reachesOutside && (await hasFeature(core, account.id, 'voice')),
    createdAt: presentTime(account.createdAt),
  };
}

/** The account of the key. */
export function accountRoutes(table: RouteTable<Caller>): void {
  table.get('/account', {
    id: 'getAccount',
    tag,
    summary: 'The account',
    scope: 'phone-system:read',
    returns: dataOf(AccountObject),
    handle: async ({ core, auth }) => ({
      data: await presentAccount(core, auth, await findAccount(core, auth.accountId)),
    }),
  });

  table.patch('/account', {
    id: 'updateAccount',
    tag,
    summary: 'Change what is given',
    description:
      'With a live key: test data are apart, and the account is the same for both. Its name is changed by whoever runs ' +
      'the server.',
    scope: 'phone-system:write',
    body: Type.Object(Type.Partial(Type.Object(CHANGEABLE)).properties, { additionalProperties: false }),
    returns: dataOf(AccountObject),
    handle: async ({ core, auth, body }) => {
      requireLive(auth);
      const { timezone, ...others } = body;
      const account = await updateAccount(core, {
        ...{ accountId: auth.accountId, actor: auth.keyId },
        ...others,
        ...(timezone === undefined ? {} : { timeZone: timezone }),
      });
      return { data: await presentAccount(core, auth, account) };
    },
  });
}
