import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Readable } from 'node:stream';
import Type from 'typebox';
import { advocatePageOf } from '#apis/referral-pages/advocate-page.js';
import { LOOKS_PER_MINUTE, POSTS_PER_MINUTE, type OpenLimit } from '#apis/referral-pages/open-limit.js';
import { sendPage, sorry } from '#apis/referral-pages/page-frame.js';
import { LARGEST_FORM_BYTES, readForm } from '#apis/referral-pages/read-form.js';
import { HttpProblem, type OpenDoor } from '#apis/http/index.js';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { networkOf } from '#core/network.js';
import { isOfferOpen, offerOfLink } from '#core/offers/index.js';
import { isAdvocateToken, shareByEmail, shareSocially } from '#core/shares/index.js';

const Params = Type.Object({ code: Type.String() });
const Token = Type.Object({ t: Type.Optional(Type.String()) }, { additionalProperties: true });

interface Asked {
  core: Core;
  request: FastifyRequest;
  reply: FastifyReply;
}

/** Where advocates pass offers on, `/o/CODE`. By the link alone nothing is said of who they are, and nothing sent in their name. */
export function advocateDoor(limit: OpenLimit): OpenDoor {
  return {
    name: 'advocate-pages',
    prefix: '/o',
    guard: { kind: 'open' },
    presentError: ({ code, message }) => ({ error: { code, message } }),
    refusals: {},
    routes(table) {
      table.get('/:code', {
        ...{ id: 'showOffer', summary: 'The page of an advocate', params: Params, query: Token },
        handle: ({ params, query, ...asked }) => show(asked, limit, params.code, query.t),
      });
      table.post('/:code/shares', {
        ...{
          id: 'noteShare',
          summary: 'A button to share was used',
          params: Params,
          bodyLimitBytes: LARGEST_FORM_BYTES,
        },
        async handle({ core, params, request, reply, body }) {
          const form = readForm(request, body);
          if (!limit.admits(core, `post ${networkOf(request.ip)}`, POSTS_PER_MINUTE)) {
            throw new HttpProblem('rate_limited', 'Too many requests.', { headers: { 'retry-after': '60' } });
          }
          const shared = await offerOfLink(core, params.code);
          if (shared === undefined) throw new HttpProblem('not_found', 'There is no such offer.');
          try {
            await shareSocially(core, shared, form.get('channel') ?? '');
          } catch (error) {
            if (!(error instanceof CoreError)) throw error;
            throw new HttpProblem('invalid_input', error.message);
          }
          void reply.code(204);
          return undefined;
        },
      });
      table.post('/:code', {
        ...{ id: 'sendOffer', summary: 'Send it by e-mail', params: Params, query: Token },
        bodyLimitBytes: LARGEST_FORM_BYTES,
        handle: ({ params, query, body, ...asked }) => send(asked, limit, params.code, query.t ?? '', body),
      });
    },
  };
}

async function show(
  { core, request, reply }: Asked,
  limit: OpenLimit,
  code: string,
  token?: string,
): Promise<Readable> {
  if (!limit.admits(core, `look ${networkOf(request.ip)}`, LOOKS_PER_MINUTE)) return busy(reply);
  const shared = await offerOfLink(core, code);
  if (shared === undefined) return sorry(reply, 404, 'There is no such offer', 'Is the link whole?');
  if (!isOfferOpen(shared.offer, shared.campaign, shared.site, new Date(core.clock.now()))) {
    return sorry(reply, 410, 'This offer is over', 'It cannot be passed on any more.');
  }
  const mayWrite = token !== undefined && isAdvocateToken(core, shared.offer, token);
  return sendPage(reply, 200, advocatePageOf(core, shared, { token: mayWrite ? token : undefined }));
}

async function send(
  { core, request, reply }: Asked,
  limit: OpenLimit,
  code: string,
  token: string,
  body: unknown,
): Promise<Readable> {
  const form = readForm(request, body);
  if (!limit.admits(core, `post ${networkOf(request.ip)}`, POSTS_PER_MINUTE)) return busy(reply);
  const shared = await offerOfLink(core, code);
  if (shared === undefined) return sorry(reply, 404, 'There is no such offer', 'Is the link whole?');
  if (!isAdvocateToken(core, shared.offer, token)) {
    return sorry(reply, 403, 'Please open this page from the shop', 'It was open for too long.');
  }
  const say = (notice: string, status = 200): Readable =>
    sendPage(reply, status, advocatePageOf(core, shared, { token, notice }));
  try {
    const recipients = (form.get('recipients') ?? '').slice(0, 10_000);
    const done = await shareByEmail(core, shared, { recipients, reminder: true, validationOnly: false });
    const sent = done.findings.filter((finding) => finding.sent).length;
    const rest = done.findings.length - sent;
    const why = done.limitExceeded ? ' You have sent as many as you can today.' : '';
    return say(`Sent to ${sent}.${rest === 0 ? '' : ` Not sent to ${rest}.`}${why}`);
  } catch (error) {
    if (!(error instanceof CoreError)) throw error;
    return say(error.code === 'share.ended' ? 'The offer is over.' : 'Name at least one address.', 422);
  }
}

function busy(reply: FastifyReply): Readable {
  void reply.header('retry-after', '60');
  return sorry(reply, 429, 'Too many at once', 'Please come back in a while.');
}
