import type { FastifyRequest } from 'fastify';
import { HttpProblem } from '#apis/http/problem.js';

export const LARGEST_FORM_BYTES = 32_768;
const FORM_TYPE = /^application\/x-www-form-urlencoded *(;|$)/i;

/** What a page of ours sends. @throws HttpProblem */
export function readForm(request: FastifyRequest, body: unknown): URLSearchParams {
  if (!FORM_TYPE.test(request.headers['content-type'] ?? '')) {
    throw new HttpProblem('unsupported_media_type', 'The body must be a form: application/x-www-form-urlencoded.');
  }
  refuseOtherPages(request);
  const form = new URLSearchParams(Buffer.isBuffer(body) ? body.toString('utf8') : '');
  // The database keeps no NUL, and nobody types one.
  return new URLSearchParams([...form].map(([field, text]): [string, string] => [field, text.replaceAll('\0', '')]));
}

/** Pages of others have nothing to send here. Mail programs and old browsers do not say whose page it is. */
function refuseOtherPages({ headers }: FastifyRequest): void {
  const from = headers['sec-fetch-site'];
  if (from === undefined || from === 'same-origin' || from === 'none') return;
  throw new HttpProblem('invalid_input', 'This can be sent from a page of this server alone.');
}
