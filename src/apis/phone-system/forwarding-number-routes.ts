import Type, { type Static } from 'typebox';
import { HttpProblem, type Handling, type RouteTable } from '#apis/http/index.js';
import {
  DestinationBody,
  DestinationObject,
  parseDestination,
  presentDestination,
} from '#apis/phone-system/destination.js';
import { IdParams } from '#apis/phone-system/ids.js';
import { dataOf, ObjectQuery, pageOf, presentPage } from '#apis/phone-system/page.js';
import {
  createObject,
  removeObject,
  ReplacementQuery,
  savedOf,
  updateObject,
  warningsOf,
} from '#apis/phone-system/routing-objects.js';
import { presentTime } from '#apis/phone-system/time.js';
import type { Caller } from '#core/accounts/index.js';
import { readNumber } from '#core/address.js';
import { ROUTING_LIMITS, USUAL_RING_SECONDS, type ForwardingNumber } from '#core/call-flow/index.js';
import { homeCountry } from '#core/contacts/index.js';
import { findObject, listObjects, type RoutingObject } from '#core/routing/index.js';

const tag = 'Forwarding numbers';
const strict = { additionalProperties: false };
const [RING_LEAST, RING_MOST] = ROUTING_LIMITS.ring;

const number = Type.String({
  minLength: 4,
  maxLength: 64,
  description: 'E.164, or as people write it: national numbers get the country of the account’s own oldest number.',
  examples: ['+12125550177'],
});
const FIELDS = {
  description: Type.Optional(Type.String({ maxLength: ROUTING_LIMITS.nameCharacters })),
  announceAndVoicemailEnabled: Type.Optional(
    Type.Boolean({
      description:
        'Whoever answers hears who calls and takes the call by key, so that no other mailbox swallows it. Default true.',
    }),
  ),
  transferCode: Type.Optional(
    Type.Union([Type.String({ pattern: '^[0-9]{2,6}$' }), Type.Null()], {
      description: 'A code by which a phone passes a call on to it.',
    }),
  ),
  ringTimeout: Type.Optional(Type.Integer({ minimum: RING_LEAST, maximum: RING_MOST, description: 'Seconds.' })),
  noAnswerDestination: Type.Optional(DestinationBody),
};
const ForwardingBody = Type.Object({ number, ...FIELDS }, strict);
const ForwardingPatch = Type.Object({ number: Type.Optional(number), ...FIELDS }, strict);
const ForwardingObject = Type.Object({
  id: Type.Integer(),
  number: Type.String(),
  description: Type.String(),
  transformedDescription: Type.String({ description: 'For people: the description, else the number.' }),
  announceAndVoicemailEnabled: Type.Boolean(),
  transferCode: Type.Union([Type.String(), Type.Null()]),
  ringTimeout: Type.Integer(),
  noAnswerDestination: DestinationObject,
  createdAt: Type.String(),
  updatedAt: Type.String(),
});

const USUAL: Omit<ForwardingNumber, 'number'> = {
  ...{ description: '', announce: true, transferCode: null, ringSeconds: USUAL_RING_SECONDS, noAnswer: null },
};

async function parse(
  { core, auth }: Pick<Handling<Caller>, 'core' | 'auth'>,
  body: Static<typeof ForwardingPatch>,
): Promise<Partial<ForwardingNumber>> {
  const { description, announceAndVoicemailEnabled, transferCode, ringTimeout, noAnswerDestination } = body;
  return {
    ...(body.number === undefined ? {} : { number: inE164(body.number, await homeCountry(core.db, auth)) }),
    ...(description === undefined ? {} : { description }),
    ...(announceAndVoicemailEnabled === undefined ? {} : { announce: announceAndVoicemailEnabled }),
    ...(transferCode === undefined ? {} : { transferCode }),
    ...(ringTimeout === undefined ? {} : { ringSeconds: ringTimeout }),
    ...(noAnswerDestination === undefined
      ? {}
      : { noAnswer: parseDestination('noAnswerDestination', noAnswerDestination) }),
  };
}

function inE164(text: string, home: string | undefined): string {
  const read = readNumber(text, home);
  if (read !== undefined) return read;
  const message = `"${text}" is not a phone number: write it with + and the country code.`;
  throw new HttpProblem('invalid_input', message, { field: 'number' });
}

function present(forwarding: RoutingObject<'forwarding_number'>): Static<typeof ForwardingObject> {
  const { id, body, createdAt, updatedAt } = forwarding;
  return {
    ...{ id, number: body.number, description: body.description },
    transformedDescription: body.description === '' ? body.number : body.description,
    announceAndVoicemailEnabled: body.announce,
    ...{ transferCode: body.transferCode, ringTimeout: body.ringSeconds },
    noAnswerDestination: presentDestination(body.noAnswer),
    ...{ createdAt: presentTime(createdAt), updatedAt: presentTime(updatedAt) },
  };
}

/** Telephones elsewhere. */
export function forwardingNumberRoutes(table: RouteTable<Caller>): void {
  table.get('/forwarding-numbers', {
    id: 'listForwardingNumbers',
    tag,
    summary: 'List forwarding numbers, the oldest first',
    scope: 'phone-system:read',
    query: ObjectQuery,
    returns: pageOf(ForwardingObject),
    handle: async (handling) => {
      const { items, total } = await listObjects(handling.core, handling.auth, 'forwarding_number', handling.query);
      return presentPage(handling, { items: items.map(present), total });
    },
  });

  table.post('/forwarding-numbers', {
    id: 'createForwardingNumber',
    tag,
    summary: 'Add a telephone elsewhere',
    scope: 'phone-system:write',
    body: ForwardingBody,
    status: 201,
    returns: savedOf(ForwardingObject),
    handle: async (handling) => {
      const { body } = handling;
      const wanted = { ...USUAL, number: body.number, ...(await parse(handling, body)) };
      const made = await createObject(handling, 'forwarding_number', wanted);
      return { data: present(made), ...(await warningsOf(handling, { kind: 'forwarding_number', id: made.id })) };
    },
  });

  table.get('/forwarding-numbers/:id', {
    id: 'getForwardingNumber',
    tag,
    summary: 'One forwarding number',
    scope: 'phone-system:read',
    params: IdParams,
    returns: dataOf(ForwardingObject),
    handle: async ({ core, auth, params }) => ({
      data: present(await findObject(core, auth, 'forwarding_number', params.id)),
    }),
  });

  table.patch('/forwarding-numbers/:id', {
    id: 'updateForwardingNumber',
    tag,
    summary: 'Change a forwarding number',
    description: 'Absent fields stay.',
    scope: 'phone-system:write',
    params: IdParams,
    body: ForwardingPatch,
    returns: savedOf(ForwardingObject),
    handle: async (handling) => {
      const place = { kind: 'forwarding_number', id: handling.params.id } as const;
      const data = present(await updateObject(handling, place, await parse(handling, handling.body)));
      return { data, ...(await warningsOf(handling, place)) };
    },
  });

  table.delete('/forwarding-numbers/:id', {
    id: 'deleteForwardingNumber',
    tag,
    summary: 'Delete a forwarding number',
    description: 'Refused with who uses it, unless a replacement is named, which takes its place in groups, too.',
    scope: 'phone-system:write',
    params: IdParams,
    query: ReplacementQuery,
    handle: async (handling) => removeObject(handling, 'forwarding_number', handling.params.id, handling.query),
  });
}
