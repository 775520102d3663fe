import type { Readable } from 'node:stream';
import Type from 'typebox';
import { LOOKS_PER_MINUTE, POSTS_PER_MINUTE, type OpenLimit } from '#apis/referral-pages/open-limit.js';
import { busy, pageDoor, pageOf, type Asked } from '#apis/referral-pages/page-door.js';
import { escapeHtml, sendPage, sorry, type Page } from '#apis/referral-pages/page-frame.js';
import { LARGEST_FORM_BYTES, readForm } from '#apis/referral-pages/read-form.js';
import type { OpenDoor } from '#apis/http/index.js';
import { findOfferByName } from '#core/advocates/index.js';
import { networkOf } from '#core/network.js';
import { LONGEST_NAME } from '#core/site-people/index.js';
import type { Site } from '#core/sites/index.js';

const Params = Type.Object({ site: Type.String() });

/** Where friends without a link name who sent them, `/n/PUBLIC_ID`; they come by that advocate's offer then. */
export function nameDoor(limit: OpenLimit): OpenDoor {
  return pageDoor('advocate-names', '/n', (table) => {
    table.get('/:site', {
      ...{ id: 'askWhoSentYou', summary: 'A friend without a link', params: Params },
      handle: ({ params, ...asked }) => ask(asked, limit, params.site),
    });
    table.post('/:site', {
      ...{ id: 'nameAdvocate', summary: 'They name who sent them', params: Params, bodyLimitBytes: LARGEST_FORM_BYTES },
      handle: ({ params, body, ...asked }) => find(asked, limit, params.site, body),
    });
  });
}

async function ask(asked: Asked, limit: OpenLimit, publicId: string): Promise<Readable> {
  const { core, request, reply } = asked;
  if (!limit.admits(core, `look ${networkOf(request.ip)}`, LOOKS_PER_MINUTE)) return busy(reply);
  const site = await core.knownSites.shown(publicId);
  if (site === undefined) return nothing(asked);
  return pageOf(asked, site, async () => {
    if ((await findOfferByName(core, site, null)) === 'closed') return nothing(asked);
    return sendPage(reply, 200, namePage(site));
  });
}

async function find(asked: Asked, limit: OpenLimit, publicId: string, body: unknown): Promise<Readable> {
  const { core, request, reply } = asked;
  const form = readForm(request, body);
  if (!limit.admits(core, `post ${networkOf(request.ip)}`, POSTS_PER_MINUTE)) return busy(reply);
  const site = await core.knownSites.shown(publicId);
  if (site === undefined) return nothing(asked);
  const said = (field: string): string => (form.get(field) ?? '').trim().slice(0, LONGEST_NAME);
  const name = { first: said('first_name'), last: said('last_name') };
  return pageOf(asked, site, async () => {
    const again = (wrong: string): Readable => sendPage(reply, 422, namePage(site, { ...name, wrong }));
    if (name.first === '' || name.last === '') return again('Both names are needed.');
    const found = await findOfferByName(core, site, name);
    if (found === 'closed') return nothing(asked);
    if (found === 'nobody') return again('We found nobody of that name.');
    if (found === 'several') return again('More than one person has that name: ask for their link.');
    // A link, for no browser follows a form of ours to the shop (`form-action 'self'`).
    const body = `<h1>That is them</h1><a class="button" href="/r/${found.code}/other">See the offer</a>`;
    return sendPage(reply, 200, { title: site.name, body });
  });
}

function namePage(site: Site, { first = '', last = '', wrong = '' } = {}): Page {
  const title = `Who sent you to ${site.name}?`;
  const field = (name: string, label: string, value: string): string =>
    `<label for="${name}">${label}</label><input id="${name}" name="${name}" type="text" autocomplete="off" ` +
    `maxlength="${LONGEST_NAME}" required value="${escapeHtml(value)}">`;
  return {
    title,
    body:
      `<h1>${escapeHtml(title)}</h1><p>Name whoever recommended it to you.</p>` +
      (wrong === '' ? '' : `<p class="wrong" role="alert">${wrong}</p>`) +
      `<form method="post" action="/n/${site.publicId}" accept-charset="utf-8">` +
      `${field('first_name', 'First name', first)}${field('last_name', 'Last name', last)}` +
      '<button type="submit">Find them</button></form>',
  };
}

function nothing({ reply }: Asked): Readable {
  return sorry(reply, 404, 'There is nothing here', 'Is the link whole?');
}
