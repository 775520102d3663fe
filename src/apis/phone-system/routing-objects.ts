import Type, { type Static, type TSchema } from 'typebox';
import { HttpProblem, type Handling } from '#apis/http/index.js';
import { DESTINATION_TYPES, parseDestination } from '#apis/phone-system/destination.js';
import { inRoutingWords } from '#apis/phone-system/routing-words.js';
import type { Caller } from '#core/accounts/index.js';
import { nameOf, pathOf, type Destination, type RoutingBodies, type RoutingKind } from '#core/call-flow/index.js';
import { CoreError } from '#core/errors.js';
import {
  changeRouting,
  findObject,
  routingProblems,
  type ListedKind,
  type RoutingDraft,
  type RoutingObject,
} from '#core/routing/index.js';

type Changing = Pick<Handling<Caller>, 'core' | 'auth'>;

/** Of what is still missing, or was found out only now: it is saved, but no number can lead to it yet. */
const Warnings = Type.Optional(
  Type.Record(Type.String(), Type.Array(Type.String()), {
    description:
      'By field: what does not stop it and is better known, such as what is missing before a number can lead here.',
  }),
);

export function savedOf<T extends TSchema>(item: T) {
  return Type.Object({ data: item, warnings: Warnings });
}

/** What stands where, in a problem's path: fields of this body, not those of another object. */
interface Place {
  kind: RoutingKind;
  id: number;
  /** The part of the object that the body is: `options`. */
  part?: string;
}

/** Makes one. @throws HttpProblem, each field that is wrong by its path */
export async function createObject<Kind extends ListedKind>(
  handling: Changing,
  kind: Kind,
  body: RoutingBodies[Kind],
): Promise<RoutingObject<Kind>> {
  const place: Place = { kind, id: 0 };
  const id = await changing(handling, place, 'made', async (draft) => {
    place.id = await draft.create(kind, body);
    return place.id;
  });
  return findObject(handling.core, handling.auth, kind, id);
}

/** Changes the fields that are given. */
export async function updateObject<Kind extends ListedKind>(
  handling: Changing,
  place: { kind: Kind; id: number; part?: string },
  fields: Partial<RoutingBodies[Kind]>,
): Promise<RoutingObject<Kind>> {
  await changing(handling, place, 'changed', (draft) => draft.update(place.kind, place.id, fields));
  return findObject(handling.core, handling.auth, place.kind, place.id);
}

/** For the query of a DELETE. */
export const ReplacementQuery = Type.Object(
  {
    replacementType: Type.Optional(
      Type.Enum(DESTINATION_TYPES, {
        description: 'Where whatever leads to it shall lead from now on: the type of a destination.',
      }),
    ),
    replacementId: Type.Optional(Type.String({ description: 'And its id.' })),
  },
  { additionalProperties: false },
);

/** Refused with who uses it, unless they are led elsewhere. */
export async function removeObject(
  handling: Changing,
  kind: ListedKind,
  id: number,
  query: Static<typeof ReplacementQuery>,
): Promise<undefined> {
  const replaceWith = parseReplacement(query);
  await changing(handling, { kind, id }, 'removed', (draft) =>
    draft.remove(kind, id, replaceWith === undefined ? {} : { replaceWith }),
  );
  return undefined;
}

function parseReplacement(query: Static<typeof ReplacementQuery>): Destination | undefined {
  const { replacementType: type, replacementId: text } = query;
  if (type === undefined) {
    if (text === undefined) return undefined;
    throw new HttpProblem('invalid_input', 'A replacementId needs a replacementType.', { field: 'replacementType' });
  }
  const isNumber = text !== undefined && /^[0-9]{1,15}$/.test(text) && type !== 'user' && type !== 'phone';
  const id = isNumber ? Number(text) : (text ?? null);
  try {
    return parseDestination('replacement', { type, id }) ?? undefined;
  } catch {
    const message = `A replacement of type "${type}" cannot have that id.`;
    throw new HttpProblem('invalid_input', message, { field: 'replacementId' });
  }
}

/**
 * One change with one version. What is wrong with the object itself is said by the fields of the body, what becomes wrong
 * elsewhere by its whole path.
 */
export async function changing<T>(
  { core, auth }: Changing,
  place: Place,
  what: 'made' | 'changed' | 'removed',
  change: (draft: RoutingDraft) => T | Promise<T>,
): Promise<T> {
  const { accountId, mode, keyId: author } = auth;
  const input = { accountId, mode, author, summary: '' };
  try {
    return await changeRouting(core, input, async (draft) => {
      const before = what === 'removed' ? nameIn(draft, place) : '';
      const done = await change(draft);
      input.summary = `${before === '' ? nameIn(draft, place) : before} ${what}`;
      return done;
    });
  } catch (error) {
    if (error instanceof CoreError && error.code === 'routing.refused') throw inFieldsOf(error, place);
    throw error;
  }
}

function nameIn(draft: RoutingDraft, { kind, id }: Place): string {
  return nameOf(draft.configuration, { type: kind, id });
}

function inFieldsOf(error: CoreError, place: Place): HttpProblem {
  const faults = error.problems.map(({ path, message }) => ({ field: fieldOf(path, place), message }));
  const [first] = faults;
  const message = first === undefined ? error.message : `${first.field}: ${error.message}`;
  return new HttpProblem('invalid_input', message, { faults });
}

/** `menus[7].options[2].label` of menu 7 -> `options.2.label`; of its options alone `[2].label`. */
function fieldOf(path: string, { kind, id, part }: Place): string {
  const own = `${pathOf(kind, id)}.`;
  if (!path.startsWith(own)) return inRoutingWords(path);
  const within = path.slice(own.length);
  if (part !== undefined && within.startsWith(`${part}[`))
    return inRoutingWords(within.slice(part.length)).replaceAll(/\](\.|$)/g, ']$1');
  return inRoutingWords(within).replaceAll(/\[(\d+)\]/g, '.$1');
}

/** What is missing still of one object; nothing where all is there. */
export async function warningsOf(
  { core, auth }: Changing,
  place: Place,
): Promise<{ warnings?: Record<string, string[]> }> {
  const { incomplete } = await routingProblems(core, auth);
  const own = `${pathOf(place.kind, place.id)}.`;
  const warnings: Record<string, string[]> = {};
  for (const { path, message } of incomplete) {
    if (path.startsWith(own)) (warnings[fieldOf(path, place)] ??= []).push(message);
  }
  return Object.keys(warnings).length === 0 ? {} : { warnings };
}
