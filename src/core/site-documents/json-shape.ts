import { isCalendarDate } from '#core/calendar-date.js';
import type { Fault } from '#core/errors.js';
import { snakeCase } from '#core/snake-case.js';

/** Reads a value, and writes down what is wrong with it. What it gives where something was is of no use. */
export type Shape<T> = (value: unknown, path: string, faults: Fault[]) => T;

interface Field<T, Absent> {
  shape: Shape<T>;
  /** In place of what is not there; undefined where that is left out, too. */
  absent: Absent;
  needed: boolean;
}

export function needed<T>(shape: Shape<T>): Field<T, never> {
  return { shape, absent: undefined as never, needed: true };
}

export function optional<T>(shape: Shape<T>): Field<T, undefined> {
  return { shape, absent: undefined, needed: false };
}

export function otherwise<T>(shape: Shape<T>, absent: T): Field<T, T> {
  return { shape, absent, needed: false };
}

type Fields = Record<string, Field<unknown, unknown>>;
type OptionalNames<F extends Fields> = {
  [K in keyof F]: undefined extends F[K]['absent'] ? ([F[K]['absent']] extends [never] ? never : K) : never;
}[keyof F];
type TypeOf<F> = F extends Field<infer T, unknown> ? T : never;
type Read<F extends Fields> = { [K in Exclude<keyof F, OptionalNames<F>>]: TypeOf<F[K]> } & {
  [K in OptionalNames<F>]?: TypeOf<F[K]>;
};

/** Fields in camelCase, which the document spells in snake_case. Null is as good as absent; no other fields are taken. */
export function object<F extends Fields>(fields: F): Shape<Read<F>> {
  const names = new Map(Object.keys(fields).map((name) => [snakeCase(name), name]));
  return (value, path, faults) => {
    if (!isRecord(value)) return wrong(faults, path, 'must be an object');
    for (const name of Object.keys(value)) {
      if (!names.has(name)) faults.push({ path: join(path, name), message: 'is not known here' });
    }
    const read: Record<string, unknown> = {};
    for (const [spelled, name] of names) {
      const { shape, absent, needed: isNeeded } = fields[name] as Field<unknown, unknown>;
      const given = value[spelled] ?? undefined;
      if (given !== undefined) read[name] = shape(given, join(path, spelled), faults);
      else if (isNeeded) faults.push({ path: join(path, spelled), message: 'is missing' });
      else if (absent !== undefined) read[name] = absent;
    }
    return read as Read<F>;
  };
}

export function list<T>(shape: Shape<T>, most: number): Shape<T[]> {
  return (value, path, faults) => {
    if (!Array.isArray(value)) return wrong(faults, path, 'must be a list');
    if (value.length > most) return wrong(faults, path, `has more than ${most} entries`);
    return value.map((item, index) => shape(item, `${path}[${index}]`, faults));
  };
}

/** Names of its own, each with a text. */
export function texts(most: number): Shape<Record<string, string>> {
  return (value, path, faults) => {
    if (!isRecord(value)) return wrong(faults, path, 'must be an object');
    if (Object.keys(value).length > most) return wrong(faults, path, `has more than ${most} entries`);
    return Object.fromEntries(
      Object.entries(value).map(([name, text]) => [string(name, path, faults), string(text, join(path, name), faults)]),
    );
  };
}

/** Names that are known, each with one of a few words. */
export function choices<K extends string, V extends string>(
  known: readonly K[],
  words: readonly V[],
): Shape<Partial<Record<K, V>>> {
  const word = oneOf(words);
  return (value, path, faults) => {
    if (!isRecord(value)) return wrong(faults, path, 'must be an object');
    const read: Partial<Record<K, V>> = {};
    for (const [name, given] of Object.entries(value)) {
      if (!known.includes(name as K)) faults.push({ path: join(path, name), message: 'is not known here' });
      else read[name as K] = word(given, join(path, name), faults);
    }
    return read;
  };
}

export const string: Shape<string> = (value, path, faults) => {
  if (typeof value !== 'string') return wrong(faults, path, 'must be a text');
  return isStorable(value) ? value : wrong(faults, path, 'has a character that cannot be stored');
};

export const boolean: Shape<boolean> = (value, path, faults) =>
  typeof value === 'boolean' ? value : wrong(faults, path, 'must be true or false');

export const number: Shape<number> = (value, path, faults) =>
  typeof value === 'number' && Number.isFinite(value) ? value : wrong(faults, path, 'must be a number');

export const whole: Shape<number> = (value, path, faults) =>
  Number.isSafeInteger(value) ? (value as number) : wrong(faults, path, 'must be a whole number');

export const moment: Shape<Date> = (value, path, faults) => {
  if (typeof value === 'string' && /^.{10}T.*(Z|[+-]\d\d:\d\d)$/.test(value) && isCalendarDate(value.slice(0, 10))) {
    const at = new Date(value);
    if (!Number.isNaN(at.getTime())) return at;
  }
  return wrong(faults, path, 'must be a time with its offset, like 2026-03-02T15:00:00Z');
};

export function oneOf<T extends string>(words: readonly T[]): Shape<T> {
  return (value, path, faults) =>
    words.includes(value as T) ? (value as T) : wrong(faults, path, `must be one of ${words.join(', ')}`);
}

/** PostgreSQL stores neither zeros nor halves of characters. */
function isStorable(text: string): boolean {
  return !/[\0\p{Surrogate}]/u.test(text);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

function wrong(faults: Fault[], path: string, message: string): never {
  faults.push({ path: path === '' ? 'the document' : path, message });
  return undefined as never;
}
