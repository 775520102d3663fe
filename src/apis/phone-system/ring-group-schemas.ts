import Type, { type Static } from 'typebox';
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
import { presentTime } from '#apis/phone-system/time.js';
import {
  RING_STRATEGIES,
  ROUTING_LIMITS,
  type FlowConfiguration,
  type RingGroup,
  type RingGroupMember,
} from '#core/call-flow/index.js';
import type { RoutingObject } from '#core/routing/index.js';

const strict = { additionalProperties: false };
const { groupRetryAfter, groupHold, groupAttempts, ring } = ROUTING_LIMITS;
const OptionalId = Type.Union([Type.Integer(), Type.Null()]);

function from([minimum, maximum]: readonly [number, number], description: string) {
  return Type.Optional(Type.Integer({ minimum, maximum, description }));
}

export const RingGroupBody = Type.Object(
  {
    name: Type.Optional(Type.String({ minLength: 1, maxLength: ROUTING_LIMITS.nameCharacters })),
    strategy: Type.Optional(
      Type.Enum([...RING_STRATEGIES], {
        description:
          '`all` at once, one after the other in `sequence`, `round_robin`: each time beginning with the next, ' +
          '`least_recent`: whoever answered longest ago first.',
      }),
    ),
    retryAfter: from(groupRetryAfter, 'Seconds between two rounds.'),
    maxHoldTime: from(groupHold, 'Seconds after which nobody is rung any more.'),
    maxAttempts: from(groupAttempts, 'Rounds.'),
    callerId: Type.Optional(
      Type.Union([Type.Integer(), Type.Null()], {
        description: 'Id of the number that those who are rung see; null: the caller’s.',
      }),
    ),
    holdMusic: Type.Optional(PromptBody),
    destination: Type.Optional(DestinationBody),
  },
  { ...strict, examples: [{ name: 'Sales', strategy: 'sequence', maxHoldTime: 120 }] },
);

export const RingGroupObject = Type.Object({
  id: Type.Integer(),
  name: Type.String(),
  strategy: Type.String(),
  retryAfter: Type.Integer(),
  maxHoldTime: Type.Integer(),
  maxAttempts: Type.Integer(),
  callerId: OptionalId,
  holdMusic: PromptObject,
  destination: DestinationObject,
  createdAt: Type.String(),
  updatedAt: Type.String(),
});

export const USUAL_GROUP: RingGroup = {
  ...{ name: 'Ring group', strategy: 'sequence', retryAfterSeconds: 5, maxHoldSeconds: 120, maxAttempts: 2 },
  ...{ callerId: null, holdMusic: null, destination: null, members: [] },
};

export function parseGroup(body: Static<typeof RingGroupBody>): Partial<RingGroup> {
  const { name, strategy, retryAfter, maxHoldTime, maxAttempts, callerId, holdMusic, destination } = body;
  return {
    ...(name === undefined ? {} : { name }),
    ...(strategy === undefined ? {} : { strategy }),
    ...(retryAfter === undefined ? {} : { retryAfterSeconds: retryAfter }),
    ...(maxHoldTime === undefined ? {} : { maxHoldSeconds: maxHoldTime }),
    ...(maxAttempts === undefined ? {} : { maxAttempts }),
    ...(callerId === undefined ? {} : { callerId }),
    ...(holdMusic === undefined ? {} : { holdMusic: parsePrompt('holdMusic', holdMusic) }),
    ...(destination === undefined ? {} : { destination: parseDestination('destination', destination) }),
  };
}

export function presentGroup(group: RoutingObject<'ring_group'>): Static<typeof RingGroupObject> {
  const { id, body, createdAt, updatedAt } = group;
  return {
    ...{ id, name: body.name, strategy: body.strategy },
    ...{ retryAfter: body.retryAfterSeconds, maxHoldTime: body.maxHoldSeconds, maxAttempts: body.maxAttempts },
    callerId: body.callerId,
    holdMusic: presentPrompt(body.holdMusic),
    destination: presentDestination(body.destination),
    ...{ createdAt: presentTime(createdAt), updatedAt: presentTime(updatedAt) },
  };
}

/** What clients send: an array of these, in place of all that there were. */
export const Members = Type.Array(
  Type.Object(
    {
      forwardingDeviceId: Type.Integer({ description: 'Id of an extension or of a forwarding number.' }),
      enabled: Type.Optional(Type.Boolean()),
      forwardingSchedule: Type.Optional(
        Type.Union([Type.Integer(), Type.Null()], { description: 'Id of a schedule: rung only then.' }),
      ),
      sequencePosition: Type.Optional(
        Type.Integer({ minimum: 1, maximum: 1000, description: 'Default: its place in the array.' }),
      ),
      ringTimeout: from(ring, 'Seconds. Default 25.'),
    },
    strict,
  ),
  { maxItems: ROUTING_LIMITS.groupMembers },
);

const USUAL_RING_SECONDS = 25;

export const MemberObject = Type.Object({
  id: Type.Integer({ description: 'That of its device, which a group has once.' }),
  forwardingDevice: Type.Object({
    id: Type.Integer(),
    type: Type.String({ description: '`extension` or `forwarding_number`.' }),
    number: Type.String(),
    name: Type.String(),
  }),
  forwardingSchedule: OptionalId,
  enabled: Type.Boolean(),
  sequencePosition: Type.Integer(),
  ringTimeout: Type.Integer(),
});

export function parseMembers(given: Static<typeof Members>): RingGroupMember[] {
  return given.map((member, at) => ({
    deviceId: member.forwardingDeviceId,
    enabled: member.enabled ?? true,
    scheduleId: member.forwardingSchedule ?? null,
    position: member.sequencePosition ?? at + 1,
    ringSeconds: member.ringTimeout ?? USUAL_RING_SECONDS,
  }));
}

/** In their order. */
export function presentMembers(
  { objects }: FlowConfiguration,
  members: readonly RingGroupMember[],
): Static<typeof MemberObject>[] {
  return [...members]
    .sort((one, other) => one.position - other.position)
    .map(({ deviceId, enabled, scheduleId, position, ringSeconds }) => ({
      id: deviceId,
      forwardingDevice: { id: deviceId, ...deviceOf(objects, deviceId) },
      ...{ forwardingSchedule: scheduleId, enabled, sequencePosition: position, ringTimeout: ringSeconds },
    }));
}

function deviceOf(objects: FlowConfiguration['objects'], id: number): { type: string; number: string; name: string } {
  const extension = objects.extension.get(id);
  if (extension !== undefined) return { type: 'extension', number: extension.number, name: extension.name };
  const forwarding = objects.forwarding_number.get(id);
  return { type: 'forwarding_number', number: forwarding?.number ?? '', name: forwarding?.description ?? '' };
}
