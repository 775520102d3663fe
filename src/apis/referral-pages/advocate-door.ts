import type { Readable } from 'node:stream';
import Type from 'typebox';
import { advocatePageOf } from '#apis/referral-pages/advocate-page.js';
import { sectionsOf } from '#apis/referral-pages/advocate-sections.js';
import { LOOKS_PER_MINUTE, POSTS_PER_MINUTE, type OpenLimit } from '#apis/referral-pages/open-limit.js';
import { busy, noSuchOffer, pageDoor, pageOf, type Asked } from '#apis/referral-pages/page-door.js';
import { sendPage, sorry } from '#apis/referral-pages/page-frame.js';
import { LARGEST_FORM_BYTES, readForm } from '#apis/referral-pages/read-form.js';
import { HttpProblem, type OpenDoor } from '#apis/http/index.js';
import { CoreError } from '#core/errors.js';
import { networkOf } from '#core/network.js';
import { isPassedOn, offerOfLink } from '#core/offers/index.js';
import { isAdvocateToken, shareByEmail, shareSocially } from '#core/shares/index.js';

const Params = Type.Object({ code: Type.String() });
const Token = Type.Object({ t: Type.Optional(Type.String()) }, { additionalProperties: true });

/** Where advocates pass offers on, `/o/CODE`. By the link alone nothing is said of who they are, and nothing sent in their name. */
export function advocateDoor(limit: OpenLimit): OpenDoor {
  return pageDoor('advocate-pages', '/o', (table) => {
    table.get('/:code', {
      ...{ id: 'showOffer', summary: 'The page of an advocate', params: Params, query: Token },
      handle: ({ params, query, ...asked }) => show(asked, limit, params.code, query.t),
    });
    table.post('/:code/shares', {
      ...{ id: 'noteShare', summary: 'A button to share was used', params: Params, query: Token },
      bodyLimitBytes: LARGEST_FORM_BYTES,
      async handle({ params, query, body, ...asked }) {
        await note(asked, limit, params.code, query.t ?? '', body);
        void asked.reply.code(204);
        return undefined;
      },
    });
    table.post('/:code', {
      ...{ id: 'sendOffer', summary: 'Send it by e-mail', params: Params, query: Token },
      bodyLimitBytes: LARGEST_FORM_BYTES,
      handle: ({ params, query, body, ...asked }) => send(asked, limit, params.code, query.t ?? '', body),
    });
  });
}

async function show(asked: Asked, limit: OpenLimit, code: string, token = ''): Promise<Readable> {
  const { core, request, reply } = asked;
  if (!limit.admits(core, `look ${networkOf(request.ip)}`, LOOKS_PER_MINUTE)) return busy(reply);
  const shared = await offerOfLink(core, code);
  if (shared === undefined) return noSuchOffer(reply);
  return pageOf(asked, shared.site, async () => {
    const isAdvocate = isAdvocateToken(core, shared.offer, token);
    const sections = isAdvocate ? await sectionsOf(core, shared) : '';
    if (!isPassedOn(shared, new Date(core.clock.now()))) {
      return sorry(reply, 410, 'This offer is over', 'It cannot be passed on any more.', sections);
    }
    if (!isAdvocate) return sendPage(reply, 200, advocatePageOf(core, shared, {}));
    return sendPage(reply, 200, advocatePageOf(core, shared, { token, sections }));
  });
}

/** What whoever has the link says of it is noted, and earns nothing. */
async function note(
  { core, request }: Asked,
  limit: OpenLimit,
  code: string,
  token: string,
  body: unknown,
): Promise<void> {
  const form = readForm(request, body);
  if (!limit.admits(core, `post ${networkOf(request.ip)}`, POSTS_PER_MINUTE)) {
    throw new HttpProblem('rate_limited', 'Too many requests.', { headers: { 'retry-after': '60' } });
  }
  const shared = await offerOfLink(core, code);
  if (shared === undefined) throw new HttpProblem('not_found', 'There is no such offer.');
  const isAdvocate = isAdvocateToken(core, shared.offer, token);
  await core.siteLoad.run(shared.site, async () => {
    try {
      await shareSocially(core, shared, form.get('channel') ?? '', { isAdvocate });
    } catch (error) {
      if (!(error instanceof CoreError)) throw error;
      throw new HttpProblem('invalid_input', error.message);
    }
  });
}

async function send(asked: Asked, limit: OpenLimit, code: string, token: string, body: unknown): Promise<Readable> {
  const { core, request, reply } = asked;
  const form = readForm(request, body);
  if (!limit.admits(core, `post ${networkOf(request.ip)}`, POSTS_PER_MINUTE)) return busy(reply);
  const shared = await offerOfLink(core, code);
  if (shared === undefined) return noSuchOffer(reply);
  if (!isAdvocateToken(core, shared.offer, token)) {
    return sorry(reply, 403, 'Please open this page from the shop', 'It was open for too long.');
  }
  const say = async (notice: string, status = 200): Promise<Readable> =>
    sendPage(reply, status, advocatePageOf(core, shared, { token, notice, sections: await sectionsOf(core, shared) }));
  return pageOf(asked, shared.site, async () => {
    try {
      const recipients = (form.get('recipients') ?? '').slice(0, 10_000);
      const done = await shareByEmail(core, shared, { recipients, reminder: true, validationOnly: false });
      const sent = done.findings.filter((finding) => finding.sent).length;
      const rest = done.findings.length - sent;
      const why = done.limitExceeded ? ' You have sent as many as you can today.' : '';
      return await say(`Sent to ${sent}.${rest === 0 ? '' : ` Not sent to ${rest}.`}${why}`);
    } catch (error) {
      if (!(error instanceof CoreError)) throw error;
      return await say(error.code === 'share.ended' ? 'The offer is over.' : 'Name at least one address.', 422);
    }
  });
}
