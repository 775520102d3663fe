import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import type { TLocalizedValidationError } from 'typebox/error';
import { Format } from 'typebox/format';
import { Value } from 'typebox/value';
import { HttpProblem, type Fault } from '#apis/http/problem.js';

// A leap second is one by its own rule, and nothing that could be kept.
Format.Set('date-time', (text) => Format.IsDateTime(text) && !Number.isNaN(Date.parse(text)));

export type Part = 'body' | 'query' | 'params';

/**
 * Checks one part of a request and returns it: a body as it is, query and path parameters with their texts turned
 * into the schema's types and the defaults filled in.
 * @throws HttpProblem `invalid_input`, naming the field; `not_found` for a path that leads nowhere
 */
export type Validate = (value: unknown) => unknown;

export function compileValidator(schema: TSchema, part: Part): Validate {
  const validator = Compile(schema);
  return (value) => {
    const converted = part === 'body' ? value : fromTexts(schema, value as Record<string, unknown>);
    if (validator.Check(converted)) return converted;
    if (part === 'params') throw new HttpProblem('not_found', 'There is nothing at this address.');
    const errors = validator.Errors(converted);
    throw toProblem(errors, part, Array.isArray(converted));
  };
}

const WHOLE_NUMBER = /^-?\d{1,16}$/;

function fromTexts(schema: TSchema, texts: Record<string, unknown>): unknown {
  // A copy: both calls write into what they are given.
  const values = Value.Default(schema, Value.Convert(schema, { ...texts })) as Record<string, unknown>;
  // What is no identifier, as `segment_by[period]`, is left as it was.
  for (const [name, property] of Object.entries(propertiesOf(schema))) {
    if (texts[name] !== undefined && values[name] === texts[name]) values[name] = Value.Convert(property, texts[name]);
  }
  // `1.5`, `true` and `0x10` would be whole numbers too.
  for (const [name, { type }] of Object.entries(propertiesOf(schema))) {
    const text = texts[name];
    if (type === 'integer' && typeof text === 'string' && !WHOLE_NUMBER.test(text)) values[name] = text;
  }
  return values;
}

function propertiesOf(schema: TSchema): Record<string, TSchema & { type?: unknown }> {
  return 'properties' in schema ? (schema.properties as Record<string, TSchema & { type?: unknown }>) : {};
}

function toProblem(errors: TLocalizedValidationError[], part: Part, isList: boolean): HttpProblem {
  const worst = faultsOf(mostTelling(errors), errors, isList)[0];
  if (worst === undefined) return new HttpProblem('invalid_input', `The ${part} ${wholeExpectation(errors, part)}.`);
  const { field, message } = worst;
  return new HttpProblem('invalid_input', message, { field, faults: allFaults(errors, isList) });
}

/** Of one error: none where no field is at fault, several where several are missing. */
function faultsOf(error: TLocalizedValidationError, errors: TLocalizedValidationError[], isList: boolean): Fault[] {
  const path = isList ? inList(fieldPath(error.instancePath)) : fieldPath(error.instancePath);
  const inside = (name: string): string => (path === '' ? name : `${path}.${name}`);
  if (error.keyword === 'required') {
    return error.params.requiredProperties.map((name) => {
      const field = inside(name);
      return { field, message: `The field "${field}" is missing.`, kind: 'missing' };
    });
  }
  if (path === '') return [];
  // The schema of what is not allowed is `false`.
  if (error.keyword === 'boolean')
    return [{ field: path, message: `There is no field "${path}" here.`, kind: 'unknown' }];
  return [{ field: path, message: `The field "${path}" ${expectation(error, errors)}.` }];
}

/** One for each field: an object is not at fault where something in it is. */
function allFaults(errors: TLocalizedValidationError[], isList: boolean): Fault[] {
  const faults = new Map<string, Fault>();
  // What alternatives have in common says less than each of them.
  const ordered = [...errors.filter((error) => !isAlternative(error)), ...errors.filter(isAlternative)];
  for (const fault of ordered.flatMap((error) => faultsOf(error, errors, isList))) {
    if (!faults.has(fault.field)) faults.set(fault.field, fault);
  }
  const fields = [...faults.keys()];
  return [...faults.values()].filter(({ field }) => !fields.some((other) => other.startsWith(`${field}.`)));
}

function isAlternative({ keyword }: TLocalizedValidationError): boolean {
  return keyword === 'anyOf' || keyword === 'oneOf';
}

/** An alternative that failed says less than why it failed, and the deepest error is the closest to the mistake. */
function mostTelling(errors: TLocalizedValidationError[]): TLocalizedValidationError {
  const [first, ...others] = errors;
  if (first === undefined) throw new Error('a failed check without an error');
  const depth = (error: TLocalizedValidationError): number =>
    error.instancePath.split('/').length - (isAlternative(error) ? 0.5 : 0);
  return others.reduce((best, error) => (depth(error) > depth(best) ? error : best), first);
}

/** Where no field is at fault. */
function wholeExpectation(errors: TLocalizedValidationError[], part: Part): string {
  if (part !== 'body') return 'cannot be used';
  const whole = errors.filter(({ instancePath }) => instancePath === '');
  const length = whole.find(({ keyword }) => keyword === 'minItems' || keyword === 'maxItems');
  if (length !== undefined) return length.message;
  const takesList = whole.some((error) => error.keyword === 'type' && error.params.type === 'array');
  return takesList ? 'must be a JSON object or a list of them' : 'must be a JSON object';
}

function expectation(error: TLocalizedValidationError, errors: TLocalizedValidationError[]): string {
  if (error.keyword === 'const') {
    const allowed = errors.flatMap((other) =>
      other.keyword === 'const' && other.instancePath === error.instancePath ? [other.params.allowedValue] : [],
    );
    return `must be ${allowed.map((value) => JSON.stringify(value)).join(' or ')}`;
  }
  if (error.keyword === 'enum') {
    return `must be ${error.params.allowedValues.map((value) => JSON.stringify(value)).join(' or ')}`;
  }
  if (error.keyword === 'type') {
    const types = errors.flatMap((other) =>
      other.keyword === 'type' && other.instancePath === error.instancePath ? [other.params.type].flat() : [],
    );
    return `must be of type ${[...new Set(types)].join(' or ')}`;
  }
  if (error.keyword === 'pattern') return 'does not have the form that is asked for';
  if (error.keyword === 'format' && error.params.format === 'date-time') {
    return 'must be a time in ISO 8601 with an offset, such as 2026-12-01T15:00:00Z';
  }
  return error.message;
}

/** A JSON pointer (RFC 6901) as people write it: `/dtmf/1/action` -> `dtmf.1.action`. */
function fieldPath(pointer: string): string {
  return pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
    .join('.');
}

/** `3.phone` -> `[3].phone`, in a body that is a list. */
function inList(path: string): string {
  return path.replace(/^[0-9]+/, '[$&]');
}
