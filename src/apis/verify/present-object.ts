import Type, { type TProperties, type TSchema } from 'typebox';
import type { Mode } from '#core/tables.js';

/** What every object of this door begins with; simulated ones say so. */
export function presentHead<Name extends string>(object: Name, mode: Mode) {
  return { object, livemode: mode === 'live', ...(mode === 'test' ? { simulated: true } : {}) };
}

export function presentDeleted<Name extends string>(object: Name, mode: Mode, id: string) {
  return { ...presentHead(object, mode), id, deleted: true as const };
}

export function presentList<Row>(data: Row[]) {
  return { object: 'list' as const, data };
}

/** `2025-04-15T10:30:00Z`: this door writes no fractions (rule 29). */
export function presentTime(at: Date): string {
  return `${at.toISOString().slice(0, 19)}Z`;
}

/** The schema of an object of this door. */
export function objectSchema<Name extends string, Properties extends TProperties>(
  object: Name,
  properties: Properties,
) {
  return Type.Object({
    object: Type.Literal(object),
    livemode: Type.Boolean(),
    simulated: Type.Optional(Type.Boolean({ description: 'True for what a test key made.' })),
    ...properties,
  });
}

export function deletedSchema<Name extends string>(object: Name) {
  return objectSchema(object, { id: Type.String(), deleted: Type.Literal(true) });
}

export function listSchema<Row extends TSchema>(row: Row) {
  return Type.Object({ object: Type.Literal('list'), data: Type.Array(row) });
}

/** What a list can be asked for: pages of `limit` rows; the next page starts after the last id of this one. */
export const PAGE_QUERY = {
  limit: Type.Integer({ minimum: 1, maximum: 1000, default: 100 }),
  starting_after: Type.Optional(
    Type.String({ maxLength: 64, description: 'The last id of the page before. A page that is not full is the last.' }),
  ),
};

export const strict = { additionalProperties: false };
