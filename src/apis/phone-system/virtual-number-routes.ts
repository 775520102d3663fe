import Type, { type Static } from 'typebox';
import type { Handling, RouteTable } from '#apis/http/index.js';
import {
  DestinationBody,
  DestinationObject,
  parseDestination,
  parsePrompt,
  presentDestination,
  presentPrompt,
  PromptBody,
  PromptObject,
} from '#apis/phone-system/destination.js';
import { IdParams } from '#apis/phone-system/ids.js';
import { dataOf, PAGE_QUERY, pageOf, presentPage } from '#apis/phone-system/page.js';
import { changing } from '#apis/phone-system/routing-objects.js';
import { presentTime } from '#apis/phone-system/time.js';
import type { Caller } from '#core/accounts/index.js';
import { ROUTING_LIMITS, type NumberRouting } from '#core/call-flow/index.js';
import { textableSenders } from '#core/messages/index.js';
import { findCallableNumber, pageNumbers, type CallableNumber } from '#core/numbers/index.js';
import { hasFeature } from '#core/plans/index.js';
import { readRouting } from '#core/routing/index.js';

const tag = 'Virtual numbers';
const strict = { additionalProperties: false };
const OptionalBoolean = Type.Union([Type.Boolean(), Type.Null()]);
const NumberObject = Type.Object({
  id: Type.Integer(),
  phoneNumber: Type.String({ description: 'E.164.' }),
  description: Type.String(),
  messagingStatus: Type.Boolean({ description: 'Texts can be sent from it now.' }),
  voiceEnabled: Type.Boolean({ description: 'The plan of the account has calls.' }),
  destination: DestinationObject,
  record: OptionalBoolean,
  welcome: PromptObject,
  createdAt: Type.String(),
});

const UNROUTED: NumberRouting = { description: '', destination: null, record: null, welcome: null };

type Asking = Pick<Handling<Caller>, 'core' | 'auth'>;

async function present(
  { core, auth }: Asking,
  numbers: readonly CallableNumber[],
): Promise<Static<typeof NumberObject>[]> {
  const { accountId, mode } = auth;
  const { objects } = await readRouting(core, auth);
  const textable = await textableSenders(core, { accountId, mode, numbers: numbers.map(({ number }) => number) });
  const voiceEnabled = await hasFeature(core, accountId, 'voice');
  return numbers.map(({ id, number, createdAt }) => {
    const { description, destination, record, welcome } = objects.number.get(id) ?? UNROUTED;
    return {
      ...{ id, phoneNumber: number, description, messagingStatus: textable.has(number), voiceEnabled },
      destination: presentDestination(destination),
      record,
      welcome: presentPrompt(welcome),
      createdAt: presentTime(createdAt),
    };
  });
}

async function presentOne(asking: Asking, id: number): Promise<{ data: Static<typeof NumberObject> }> {
  const [data] = await present(asking, [await findCallableNumber(asking.core, asking.auth, id)]);
  if (data === undefined) throw new Error('a number that was found is not shown');
  return { data };
}

/** The account's numbers, and where calls to them lead. */
export function virtualNumberRoutes(table: RouteTable<Caller>): void {
  table.get('/virtual-numbers', {
    id: 'listVirtualNumbers',
    tag,
    summary: 'List the numbers of the account, the oldest first',
    scope: 'phone-system:read',
    query: Type.Object(
      {
        ...PAGE_QUERY,
        search: Type.Optional(Type.String({ pattern: '[0-9]', maxLength: 64, description: 'Some of its digits.' })),
      },
      strict,
    ),
    returns: pageOf(NumberObject),
    handle: async (handling) => {
      const { items, total } = await pageNumbers(handling.core, handling.auth, handling.query);
      return presentPage(handling, { items: await present(handling, items), total });
    },
  });

  table.get('/virtual-numbers/:id', {
    id: 'getVirtualNumber',
    tag,
    summary: 'One number',
    scope: 'phone-system:read',
    params: IdParams,
    returns: dataOf(NumberObject),
    handle: async (handling) => presentOne(handling, handling.params.id),
  });

  table.patch('/virtual-numbers/:id', {
    id: 'updateVirtualNumber',
    tag,
    summary: 'Change what a number is for, and where calls to it lead',
    description:
      'Absent fields stay. Refused where calls would be led to something incomplete, or in a circle that nobody leaves by ' +
      'a key. `record` null: as the settings say. `welcome` is said before anything else.',
    scope: 'phone-system:write',
    params: IdParams,
    body: Type.Object(
      {
        description: Type.Optional(Type.String({ maxLength: ROUTING_LIMITS.nameCharacters })),
        destination: Type.Optional(DestinationBody),
        record: Type.Optional(OptionalBoolean),
        welcome: Type.Optional(PromptBody),
      },
      strict,
    ),
    returns: dataOf(NumberObject),
    handle: async (handling) => {
      const { core, auth, params, body } = handling;
      const { description, destination, record, welcome } = body;
      const fields: Partial<NumberRouting> = {
        ...(description === undefined ? {} : { description }),
        ...(destination === undefined ? {} : { destination: parseDestination('destination', destination) }),
        ...(record === undefined ? {} : { record }),
        ...(welcome === undefined ? {} : { welcome: parsePrompt('welcome', welcome) }),
      };
      await findCallableNumber(core, auth, params.id);
      await changing(handling, { kind: 'number', id: params.id }, 'changed', (draft) =>
        draft.put('number', params.id, { ...UNROUTED, ...draft.get('number', params.id), ...fields }),
      );
      return presentOne(handling, params.id);
    },
  });
}
