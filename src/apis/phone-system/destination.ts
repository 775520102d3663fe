import Type, { type Static } from 'typebox';
import { HttpProblem } from '#apis/http/index.js';
import type { Destination, Prompt } from '#core/call-flow/index.js';

const strict = { additionalProperties: false };

/** What each kind of destination is named by. */
const NAMED_BY = {
  menu: 'integer',
  ring_group: 'integer',
  extension: 'integer',
  forwarding_number: 'integer',
  voicemail: 'integer',
  user: 'string',
  phone: 'string',
  hours: undefined,
  directory: undefined,
  hangup: undefined,
} as const satisfies Record<Destination['type'], 'integer' | 'string' | undefined>;

export const DESTINATION_TYPES = Object.keys(NAMED_BY) as Destination['type'][];

const GivenDestination = Type.Object(
  {
    type: Type.Enum(DESTINATION_TYPES),
    id: Type.Optional(
      Type.Union([Type.Integer(), Type.String({ minLength: 1, maxLength: 100 }), Type.Null()], {
        description:
          'Of a menu, ring group, extension, forwarding number or voice mailbox; the id of a user; the name of a phone. ' +
          'Hours, the directory and hanging up have none.',
      }),
    ),
  },
  { ...strict, examples: [{ type: 'menu', id: 7 }] },
);

/** Null: not chosen. */
export const DestinationBody = Type.Union([GivenDestination, Type.Null()]);
export const DestinationObject = Type.Union([
  Type.Object({ type: Type.String(), id: Type.Union([Type.Integer(), Type.String(), Type.Null()]) }),
  Type.Null(),
]);

/** @throws HttpProblem `invalid_input` for an id that cannot be one of its type */
export function parseDestination(field: string, given: Static<typeof DestinationBody>): Destination | null {
  if (given === null) return null;
  const { type, id = null } = given;
  const named = NAMED_BY[type];
  if (named === undefined) {
    if (id !== null) throw wrongId(field, `A destination of type "${type}" has no id.`);
    return { type } as Destination;
  }
  if (named === 'integer' ? !Number.isInteger(id) : typeof id !== 'string') {
    throw wrongId(field, `The field "${field}.id" must be of type ${named} for a destination of type "${type}".`);
  }
  return { type, id } as Destination;
}

export function presentDestination(destination: Destination | null) {
  return destination === null
    ? null
    : { type: destination.type as string, id: 'id' in destination ? destination.id : null };
}

function wrongId(field: string, message: string): HttpProblem {
  return new HttpProblem('invalid_input', message, { field: `${field}.id` });
}

/** Words to be spoken, or a sound that was handed in; null: nothing, or the usual. */
export const PromptBody = Type.Union([
  Type.String({ minLength: 1, description: 'The same as `{"text": "…"}`.' }),
  Type.Object(
    {
      text: Type.Optional(Type.Union([Type.String({ minLength: 1 }), Type.Null()])),
      soundId: Type.Optional(Type.Union([Type.Integer(), Type.Null()])),
    },
    strict,
  ),
  Type.Null(),
]);
export const PromptObject = Type.Union([
  Type.Object({
    text: Type.Union([Type.String(), Type.Null()]),
    soundId: Type.Union([Type.Integer(), Type.Null()]),
  }),
  Type.Null(),
]);

/** @throws HttpProblem `invalid_input` for both at once, or none */
export function parsePrompt(field: string, given: Static<typeof PromptBody>): Prompt | null {
  if (given === null) return null;
  if (typeof given === 'string') return { text: given };
  const { text = null, soundId = null } = given;
  if (text !== null && soundId === null) return { text };
  if (soundId !== null && text === null) return { sound: soundId };
  throw new HttpProblem('invalid_input', `The field "${field}" needs a text or a soundId, one of them.`, { field });
}

export function presentPrompt(prompt: Prompt | null) {
  return prompt === null ? null : { text: prompt.text ?? null, soundId: prompt.sound ?? null };
}
