import type { Readable } from 'node:stream';
import Type from 'typebox';
import { filledIn } from '#apis/referral-pages/filled-in.js';
import { firstCode, givenPage } from '#apis/referral-pages/friend-page.js';
import { LOOKS_PER_MINUTE, POSTS_PER_MINUTE, type OpenLimit } from '#apis/referral-pages/open-limit.js';
import { busy, pageDoor, pageOf, type Asked } from '#apis/referral-pages/page-door.js';
import { escapeHtml, sendPage, sorry } from '#apis/referral-pages/page-frame.js';
import { LARGEST_FORM_BYTES } from '#apis/referral-pages/read-form.js';
import type { OpenDoor } from '#apis/http/index.js';
import { networkOf } from '#core/network.js';
import { agreeByLetter, landingUrl, readConsentLink } from '#core/offer-claims/index.js';
import { claimLink } from '#core/offers/index.js';

const Token = Type.Object({ t: Type.Optional(Type.String()) }, { additionalProperties: true });

/** Where the reader of a letter says that a shop may write to them. */
export function consentDoor(limit: OpenLimit): OpenDoor {
  return pageDoor('consent', '/c', (table) => {
    table.get('/', {
      ...{ id: 'showConsent', summary: 'Ask whether letters are wanted', query: Token },
      // Programs that look into letters follow links: looking changes nothing.
      handle: ({ query, ...asked }) => show(asked, limit, query.t ?? ''),
    });
    table.post('/', {
      ...{ id: 'consent', summary: 'Letters are wanted', query: Token, bodyLimitBytes: LARGEST_FORM_BYTES },
      handle: ({ query, ...asked }) => agree(asked, limit, query.t ?? ''),
    });
  });
}

async function show({ core, request, reply }: Asked, limit: OpenLimit, token: string): Promise<Readable> {
  if (!limit.admits(core, `look ${networkOf(request.ip)}`, LOOKS_PER_MINUTE)) return busy(reply);
  const asked = await readConsentLink(core, token);
  if (asked === undefined) return unknown({ core, request, reply });
  const { email, visited } = asked;
  const [shop, address] = [visited.site.name, email].map(escapeHtml);
  return sendPage(reply, 200, {
    title: 'Letters',
    body:
      `<h1>May ${shop} write to you?</h1><p>Letters go to ${address}. Each has a link that ends them.</p>` +
      `<form method="post" action="/c?t=${encodeURIComponent(token)}"><button type="submit">Yes, it may</button></form>`,
  });
}

async function agree(from: Asked, limit: OpenLimit, token: string): Promise<Readable> {
  const { core, request, reply } = from;
  if (!limit.admits(core, `post ${networkOf(request.ip)}`, POSTS_PER_MINUTE)) return busy(reply);
  const asked = await readConsentLink(core, token);
  if (asked === undefined) return unknown(from);
  const { email, visited, claim } = asked;
  return pageOf(from, visited.site, async () => {
    const agreed = await agreeByLetter(core, asked);
    if (agreed === 'refused') {
      return sorry(reply, 410, 'No letters', 'This address ended the letters of the shop, and that holds.');
    }
    const notice = `${visited.site.name} may write to ${email}.`;
    const { rewards, isOpen } = agreed;
    if (!isOpen) return sorry(reply, 200, 'Thank you', notice);
    const filled = await filledIn(core, visited, claimLink(core, visited.offer));
    const shop = landingUrl(core, visited, { claim, coupon: firstCode(rewards) });
    return sendPage(reply, 200, givenPage(visited, filled, rewards, { shop, notice }));
  });
}

function unknown({ reply }: Asked): Readable {
  return sorry(reply, 404, 'This link leads nowhere', 'Is it whole? It holds for seven days.');
}
