import Type, { type Static } from 'typebox';
import type { RouteTable } from '#apis/http/index.js';
import { listSchema, objectSchema, presentHead, presentList } from '#apis/verify/present-object.js';
import type { Caller } from '#core/accounts/index.js';
import { listNumbers, numberCountry, type OwnedNumber } from '#core/numbers/index.js';
import { listUsers, type User } from '#core/people/index.js';

const MOST_USERS = 10_000;
const Unknown = Type.Null({ description: 'Not known here.' });
const MaybeText = Type.Union([Type.String(), Type.Null()]);

const NumberObject = objectSchema('number', {
  telnum: Type.String(),
  region: Type.Union([Type.String(), Type.Null()], { description: 'ISO 3166-1; null where the digits do not say.' }),
  status: Type.Literal('active'),
  name: Unknown,
  type: Unknown,
  is_main_phone: Type.Boolean({ description: 'The number that the account has had for the longest time.' }),
  location: Unknown,
  disabled: Type.Boolean(),
  user: Type.Union([Type.String(), Type.Null()], { description: 'Who has the phone that the number rings on.' }),
  user_name: MaybeText,
  group: Unknown,
  group_name: Unknown,
});

function presentNumber(
  owned: OwnedNumber,
  { main, users }: { main: OwnedNumber | undefined; users: User[] },
): Static<typeof NumberObject> {
  const user = users.find(({ phones }) => owned.phone !== null && phones.includes(owned.phone));
  return {
    ...presentHead('number', owned.mode),
    telnum: owned.number,
    region: numberCountry(owned.number) ?? null,
    status: 'active',
    name: null,
    type: null,
    is_main_phone: owned === main,
    location: null,
    disabled: false,
    user: user?.id ?? null,
    user_name: user?.name ?? null,
    group: null,
    group_name: null,
  };
}

/** The numbers of the account. */
export function numberRoutes(table: RouteTable<Caller>): void {
  table.get('/numbers', {
    id: 'listNumbers',
    tag: 'Numbers',
    summary: 'List the numbers of the account',
    scope: 'numbers:read',
    returns: listSchema(NumberObject),
    handle: async ({ core, auth }) => {
      const numbers = await listNumbers(core, { ...auth, kind: 'e164' });
      const users = numbers.some(({ phone }) => phone !== null)
        ? await listUsers(core, auth, { limit: MOST_USERS })
        : [];
      const main = numbers.reduce<OwnedNumber | undefined>(
        (oldest, next) => (oldest === undefined || next.createdAt < oldest.createdAt ? next : oldest),
        undefined,
      );
      return presentList(numbers.map((owned) => presentNumber(owned, { main, users })));
    },
  });
}
