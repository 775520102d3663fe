import type { FastifyReply, FastifyRequest } from 'fastify';
import { Readable } from 'node:stream';
import {
  EMPTY_FORM,
  FORM_FIELDS,
  formPage,
  PAGE_HEADERS,
  receivedPage,
  type FormState,
} from '#apis/api-access/request-page.js';
import type { OpenDoor } from '#apis/http/index.js';
import { HttpProblem } from '#apis/http/problem.js';
import { RollingWindow } from '#apis/http/rolling-window.js';
import { requestAccess, type RequestAccess } from '#core/api-access/index.js';
import { CoreError } from '#core/errors.js';
import { networkOf } from '#core/network.js';

/** From one address in any rolling 60 s. */
export const REQUESTS_PER_MINUTE = 5;
/** Four fields at their longest, each character of four bytes, and each byte escaped as three signs. */
const LARGEST_FORM_BYTES = 32_768;
const FORM_TYPE = /^application\/x-www-form-urlencoded *(;|$)/i;

/** The page on which API access is asked for. It knows nobody: there is no session that another page could misuse. */
export function apiAccessDoor(): OpenDoor {
  const window = new RollingWindow();
  return {
    name: 'api-access',
    prefix: '/api-access',
    guard: { kind: 'open' },
    presentError: ({ code, message }) => ({ error: { code, message } }),
    refusals: {},
    routes(table) {
      table.get('/', {
        id: 'showAccessForm',
        summary: 'The form',
        handle: async ({ reply }) => html(reply, 200, formPage(EMPTY_FORM)),
      });
      table.get('/received', {
        id: 'showAccessRequested',
        summary: 'After the form was sent',
        handle: async ({ reply }) => html(reply, 200, receivedPage()),
      });
      table.post('/', {
        id: 'requestAccess',
        summary: 'Send the form',
        bodyLimitBytes: LARGEST_FORM_BYTES,
        handle: async ({ core, request, reply, body }) => {
          const values = readForm(request, body);
          const { admitted } = window.admit(networkOf(request.ip), REQUESTS_PER_MINUTE, core.clock.now());
          if (!admitted) {
            return html(
              reply,
              429,
              formPage({ values, wrong: {}, notice: 'Too many requests. Try again in a minute.' }),
            );
          }
          try {
            await requestAccess(core, values);
          } catch (error) {
            const { status, state } = explain(error, values);
            return html(reply, status, formPage(state));
          }
          // So that looking again does not send it again.
          void reply.header('location', '/api-access/received');
          return html(reply, 303, receivedPage());
        },
      });
    },
  };
}

function html(reply: FastifyReply, status: number, text: string): Readable {
  void reply.code(status).headers(PAGE_HEADERS).type('text/html; charset=utf-8');
  return Readable.from([text]);
}

function readForm(request: FastifyRequest, body: unknown): RequestAccess {
  if (!FORM_TYPE.test(request.headers['content-type'] ?? '')) {
    throw new HttpProblem('unsupported_media_type', 'The body must be a form: application/x-www-form-urlencoded.');
  }
  const form = new URLSearchParams(Buffer.isBuffer(body) ? body.toString('utf8') : '');
  const values = Object.entries(FORM_FIELDS).map(([name, field]) => [field, storable(form.get(name) ?? '')]);
  return Object.fromEntries(values) as RequestAccess;
}

/** PostgreSQL keeps no NUL; what is no character has become U+FFFD already. */
function storable(text: string): string {
  return text.replaceAll('\0', '');
}

/** What is not the sender's fault is thrown on. */
function explain(error: unknown, values: RequestAccess): { status: number; state: FormState } {
  if (!(error instanceof CoreError)) throw error;
  if (error.code === 'access_request.too_many') {
    return { status: 503, state: { values, wrong: {}, notice: error.message } };
  }
  if (error.code !== 'access_request.bad_input') throw error;
  const wrong = Object.fromEntries(error.problems.map(({ path, message }) => [path, message]));
  return { status: 422, state: { values, wrong } };
}
