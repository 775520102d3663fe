import Type, { type Static } from 'typebox';
import type { RouteTable } from '#apis/http/index.js';
import {
  DestinationBody,
  DestinationObject,
  parseDestination,
  presentDestination,
} from '#apis/phone-system/destination.js';
import { IdParams } from '#apis/phone-system/ids.js';
import { notYours, ownUser } from '#apis/phone-system/may.js';
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
import { ROUTING_LIMITS, USUAL_RING_SECONDS, type Extension } from '#core/call-flow/index.js';
import { findObject, listObjects, type RoutingObject } from '#core/routing/index.js';

const tag = 'Extensions';
const strict = { additionalProperties: false };
const [RING_LEAST, RING_MOST] = ROUTING_LIMITS.ring;
const OptionalText = Type.Union([Type.String({ maxLength: 100 }), Type.Null()]);

const number = Type.String({ pattern: '^[0-9]{2,6}$', description: '2 to 6 digits, which are dialled.' });
const name = Type.String({ minLength: 1, maxLength: ROUTING_LIMITS.nameCharacters });
const FIELDS = {
  destination: Type.Optional(DestinationBody),
  userId: Type.Optional(OptionalText),
  ringTimeout: Type.Optional(Type.Integer({ minimum: RING_LEAST, maximum: RING_MOST, description: 'Seconds.' })),
  noAnswerDestination: Type.Optional(DestinationBody),
  inDirectory: Type.Optional(Type.Boolean({ description: 'Whether callers find it by its name.' })),
};
const ExtensionBody = Type.Object({ number, name, ...FIELDS }, strict);
const ExtensionPatch = Type.Object({ number: Type.Optional(number), name: Type.Optional(name), ...FIELDS }, strict);
const ExtensionObject = Type.Object({
  id: Type.Integer(),
  name: Type.String(),
  number: Type.String(),
  userId: OptionalText,
  destination: DestinationObject,
  ringTimeout: Type.Integer(),
  noAnswerDestination: DestinationObject,
  inDirectory: Type.Boolean(),
  createdAt: Type.String(),
  updatedAt: Type.String(),
});

const USUAL: Omit<Extension, 'number' | 'name'> = {
  ...{ userId: null, destination: null, ringSeconds: USUAL_RING_SECONDS, noAnswer: null, inDirectory: true },
};

function parse(body: Static<typeof ExtensionPatch>): Partial<Extension> {
  const { destination, userId, ringTimeout, noAnswerDestination, inDirectory } = body;
  return {
    ...(body.number === undefined ? {} : { number: body.number }),
    ...(body.name === undefined ? {} : { name: body.name }),
    ...(destination === undefined ? {} : { destination: parseDestination('destination', destination) }),
    ...(userId === undefined ? {} : { userId }),
    ...(ringTimeout === undefined ? {} : { ringSeconds: ringTimeout }),
    ...(noAnswerDestination === undefined
      ? {}
      : { noAnswer: parseDestination('noAnswerDestination', noAnswerDestination) }),
    ...(inDirectory === undefined ? {} : { inDirectory }),
  };
}

function present({ id, body, createdAt, updatedAt }: RoutingObject<'extension'>): Static<typeof ExtensionObject> {
  return {
    ...{ id, name: body.name, number: body.number, userId: body.userId },
    destination: presentDestination(body.destination),
    ringTimeout: body.ringSeconds,
    noAnswerDestination: presentDestination(body.noAnswer),
    inDirectory: body.inDirectory,
    ...{ createdAt: presentTime(createdAt), updatedAt: presentTime(updatedAt) },
  };
}

/** Short numbers of people and phones. */
export function extensionRoutes(table: RouteTable<Caller>): void {
  table.get('/extensions', {
    id: 'listExtensions',
    tag,
    summary: 'List extensions, the oldest first',
    scope: 'phone-system:read',
    query: ObjectQuery,
    returns: pageOf(ExtensionObject),
    handle: async (handling) => {
      const { core, auth, query } = handling;
      const filter = { ...query, userId: ownUser(auth)?.id };
      const { items, total } = await listObjects(core, auth, 'extension', filter);
      return presentPage(handling, { items: items.map(present), total });
    },
  });

  table.post('/extensions', {
    id: 'createExtension',
    tag,
    summary: 'Make an extension',
    description: 'Without a destination the phones of its user ring.',
    scope: 'phone-system:write',
    body: ExtensionBody,
    status: 201,
    returns: savedOf(ExtensionObject),
    handle: async (handling) => {
      const { body } = handling;
      const wanted = { ...USUAL, number: body.number, name: body.name, ...parse(body) };
      const made = await createObject(handling, 'extension', wanted);
      return { data: present(made), ...(await warningsOf(handling, { kind: 'extension', id: made.id })) };
    },
  });

  table.get('/extensions/:id', {
    id: 'getExtension',
    tag,
    summary: 'One extension',
    scope: 'phone-system:read',
    params: IdParams,
    returns: dataOf(ExtensionObject),
    handle: async ({ core, auth, params }) => {
      const extension = await findObject(core, auth, 'extension', params.id);
      const own = ownUser(auth);
      if (own !== undefined && extension.body.userId !== own.id) throw notYours('an extension');
      return { data: present(extension) };
    },
  });

  table.patch('/extensions/:id', {
    id: 'updateExtension',
    tag,
    summary: 'Change an extension',
    description: 'Absent fields stay.',
    scope: 'phone-system:write',
    params: IdParams,
    body: ExtensionPatch,
    returns: savedOf(ExtensionObject),
    handle: async (handling) => {
      const place = { kind: 'extension', id: handling.params.id } as const;
      const data = present(await updateObject(handling, place, parse(handling.body)));
      return { data, ...(await warningsOf(handling, place)) };
    },
  });

  table.delete('/extensions/:id', {
    id: 'deleteExtension',
    tag,
    summary: 'Delete an extension',
    description: 'Refused with who uses it, unless a replacement is named, which takes its place in groups, too.',
    scope: 'phone-system:write',
    params: IdParams,
    query: ReplacementQuery,
    handle: async (handling) => removeObject(handling, 'extension', handling.params.id, handling.query),
  });
}
