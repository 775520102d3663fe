import type { FastifyInstance } from 'fastify';
import { createHash } from 'node:crypto';
import { HttpProblem } from '#apis/http/problem.js';

const DEEPEST = 32;
/** Ten thousand recipients with a dozen values each. Millions would keep everybody else waiting for seconds. */
const MOST_VALUES = 150_000;

/** SHA-256 of the bodies as received, for telling a repeated request from another one. */
const hashes = new WeakMap<object, Buffer>();
const HASH_OF_NOTHING = createHash('sha256').digest();

/** JSON is the only type that is taken, but for forms where a route says so; an empty body is no body. */
export function acceptJsonBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  const parse = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, text: string, done) => {
    if (text === '') return done(null, undefined);
    hashes.set(request, createHash('sha256').update(text).digest());
    void parse(request, text, (error, body: unknown) => {
      if (error !== null) return done(new HttpProblem('malformed_body', 'The body is not JSON that can be read.'));
      try {
        refuseUnstorable(body);
      } catch (problem) {
        return done(problem as HttpProblem);
      }
      done(null, body);
    });
  });
}

/** For a repetition to be told by. */
export function keepBodyHash(request: object, hash: Buffer): void {
  hashes.set(request, hash);
}

export function bodyHash(request: object): Buffer {
  return hashes.get(request) ?? HASH_OF_NOTHING;
}

/** PostgreSQL keeps neither NUL nor half a surrogate pair, and nobody needs bodies that are nested or listed without end. */
export function refuseUnstorable(body: unknown): void {
  let values = 0;
  const waiting: { value: unknown; depth: number }[] = [{ value: body, depth: 0 }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { value, depth } = next;
    if (typeof value === 'string') refuseUnstorableText(value);
    else if (typeof value === 'object' && value !== null) {
      if (depth >= DEEPEST)
        throw new HttpProblem('malformed_body', `The body is nested deeper than ${DEEPEST} levels.`);
      const parts = Object.entries(value);
      values += parts.length;
      if (values > MOST_VALUES)
        throw new HttpProblem('malformed_body', `The body has more than ${MOST_VALUES} values.`);
      for (const [name, part] of parts) {
        refuseUnstorableText(name);
        waiting.push({ value: part, depth: depth + 1 });
      }
    }
  }
}

const UNSTORABLE = /\0|\p{Surrogate}/u;

export function refuseUnstorableText(text: string): void {
  if (UNSTORABLE.test(text)) {
    throw new HttpProblem('malformed_body', 'The request holds a NUL character or half of a surrogate pair.');
  }
}
