import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Readable } from 'node:stream';
import Type from 'typebox';
import { POSTS_PER_MINUTE, type OpenLimit } from '#apis/referral-pages/open-limit.js';
import { escapeHtml, sendPage, sorry } from '#apis/referral-pages/page-frame.js';
import { LARGEST_FORM_BYTES } from '#apis/referral-pages/read-form.js';
import type { OpenDoor } from '#apis/http/index.js';
import type { Core } from '#core/core.js';
import { networkOf } from '#core/network.js';
import { readUnsubscribeToken, stopLetters } from '#core/shares/index.js';

const Token = Type.Object({ t: Type.Optional(Type.String()) }, { additionalProperties: true });

/** Where a reader gets no more letters: by a click on the page, or by their mail program (RFC 8058). */
export function unsubscribeDoor(limit: OpenLimit): OpenDoor {
  return {
    name: 'unsubscribe',
    prefix: '/u',
    guard: { kind: 'open' },
    presentError: ({ code, message }) => ({ error: { code, message } }),
    refusals: {},
    routes(table) {
      table.get('/', {
        ...{ id: 'showUnsubscribe', summary: 'Ask whether no more letters are wanted', query: Token },
        async handle({ core, query, reply }) {
          // Programs that look into letters follow links: looking changes nothing.
          const token = query.t ?? '';
          const said = readUnsubscribeToken(core, token);
          if (said === undefined) return unknown(reply);
          return sendPage(reply, 200, {
            title: 'No more letters',
            body:
              `<h1>No more letters</h1><p>${escapeHtml(said.email)} gets no more recommendations by e-mail from this shop.</p>` +
              `<form method="post" action="/u?t=${encodeURIComponent(token)}"><button type="submit">Unsubscribe</button></form>`,
          });
        },
      });
      table.post('/', {
        ...{ id: 'unsubscribe', summary: 'No more letters', query: Token, bodyLimitBytes: LARGEST_FORM_BYTES },
        handle: ({ core, query, request, reply }) => stop(core, limit, query.t ?? '', request, reply),
      });
    },
  };
}

async function stop(
  core: Core,
  limit: OpenLimit,
  token: string,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<Readable> {
  if (!limit.admits(core, `post ${networkOf(request.ip)}`, POSTS_PER_MINUTE)) {
    return sorry(reply, 429, 'Too many at once', 'Please come back in a while.');
  }
  const said = readUnsubscribeToken(core, token);
  if (said === undefined) return unknown(reply);
  await stopLetters(core, said);
  return sendPage(reply, 200, {
    title: 'No more letters',
    body: `<h1>Done</h1><p>${escapeHtml(said.email)} gets no more of these letters.</p>`,
  });
}

function unknown(reply: FastifyReply): Readable {
  return sorry(reply, 404, 'This link is not whole', 'Take it from the letter once more.');
}
