import type { FastifyRequest } from 'fastify';
import { HttpProblem } from '#apis/http/problem.js';

/**
 * The part of `size` bytes that a GET asks for (RFC 9110, 14): undefined for all of them, also where several parts are
 * asked for or the header cannot be read, which the RFC allows. Both ends are included.
 * @throws HttpProblem `range_not_satisfiable`
 */
export function requestedRange(request: FastifyRequest, size: number): { first: number; last: number } | undefined {
  const { range, 'if-range': ifRange } = request.headers;
  // There are no validators here that If-Range could agree with.
  if (range === undefined || ifRange !== undefined || request.method !== 'GET') return undefined;
  const match = /^bytes=(\d*)-(\d*)$/i.exec(range);
  const [, from = '', to = ''] = match ?? [];
  if (match === null || (from === '' && to === '')) return undefined;
  if (from === '') {
    if (Number(to) === 0) throw unsatisfiable(size);
    return { first: Math.max(0, size - Number(to)), last: size - 1 };
  }
  if (to !== '' && Number(to) < Number(from)) return undefined;
  if (Number(from) >= size) throw unsatisfiable(size);
  return { first: Number(from), last: to === '' ? size - 1 : Math.min(Number(to), size - 1) };
}

function unsatisfiable(size: number): HttpProblem {
  return new HttpProblem(
    'range_not_satisfiable',
    `The file has ${size} bytes; there are none where you ask for them.`,
    {
      headers: { 'content-range': `bytes */${size}` },
    },
  );
}
