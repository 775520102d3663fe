import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import type { TLocalizedValidationError } from 'typebox/error';
import { Value } from 'typebox/value';
import { HttpProblem } from '#apis/http/problem.js';

export type Part = 'body' | 'query' | 'params';

/**
 * Checks one part of a request and returns it: a body as it is, query and path parameters with their texts turned
 * into the schema's types and the defaults filled in.
 * @throws HttpProblem `invalid_input`, naming the field
 */
export type Validate = (value: unknown) => unknown;

export function compileValidator(schema: TSchema, part: Part): Validate {
  const validator = Compile(schema);
  return (value) => {
    // A copy: both calls write into what they are given.
    const converted = part === 'body' ? value : Value.Default(schema, Value.Convert(schema, { ...(value as object) }));
    if (validator.Check(converted)) return converted;
    throw toProblem(validator.Errors(converted), part, Array.isArray(converted));
  };
}

function toProblem(errors: TLocalizedValidationError[], part: Part, isList: boolean): HttpProblem {
  const error = mostTelling(errors);
  const path = isList ? inList(fieldPath(error.instancePath)) : fieldPath(error.instancePath);
  const inside = (name: string): string => (path === '' ? name : `${path}.${name}`);
  // The schema of what is not allowed is `false`.
  if (error.keyword === 'boolean') {
    return new HttpProblem('invalid_input', `There is no field "${path}" here.`, { field: path });
  }
  if (error.keyword === 'required') {
    const field = inside(error.params.requiredProperties[0] ?? '');
    return new HttpProblem('invalid_input', `The field "${field}" is missing.`, { field });
  }
  if (path === '') return new HttpProblem('invalid_input', `The ${part} ${wholeExpectation(errors, part)}.`);
  return new HttpProblem('invalid_input', `The field "${path}" ${expectation(error, errors)}.`, { field: path });
}

/** An alternative that failed says less than why it failed, and the deepest error is the closest to the mistake. */
function mostTelling(errors: TLocalizedValidationError[]): TLocalizedValidationError {
  const [first, ...others] = errors;
  if (first === undefined) throw new Error('a failed check without an error');
  const depth = (error: TLocalizedValidationError): number =>
    error.instancePath.split('/').length - (error.keyword === 'anyOf' || error.keyword === 'oneOf' ? 0.5 : 0);
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
  if (error.keyword === 'type') return `must be of type ${[error.params.type].flat().join(' or ')}`;
  if (error.keyword === 'pattern') return 'does not have the form that is asked for';
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
