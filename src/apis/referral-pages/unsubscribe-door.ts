import type { Readable } from 'node:stream';
import Type from 'typebox';
import { POSTS_PER_MINUTE, type OpenLimit } from '#apis/referral-pages/open-limit.js';
import { busy, pageDoor, type Asked } from '#apis/referral-pages/page-door.js';
import { escapeHtml, sendPage, sorry } from '#apis/referral-pages/page-frame.js';
import { LARGEST_FORM_BYTES } from '#apis/referral-pages/read-form.js';
import type { OpenDoor } from '#apis/http/index.js';
import { networkOf } from '#core/network.js';
import { readUnsubscribeToken } from '#core/shares/index.js';
import { unsubscribeReader } from '#core/site-people/index.js';

const Token = Type.Object({ t: Type.Optional(Type.String()) }, { additionalProperties: true });

/** Where a reader gets no more letters: by a click on the page, or by their mail program (RFC 8058). */
export function unsubscribeDoor(limit: OpenLimit): OpenDoor {
  return pageDoor('unsubscribe', '/u', (table) => {
    table.get('/', {
      ...{ id: 'showUnsubscribe', summary: 'Ask whether no more letters are wanted', query: Token },
      async handle({ query, ...asked }) {
        // Programs that look into letters follow links: looking changes nothing.
        const token = query.t ?? '';
        const said = readUnsubscribeToken(asked.core, token);
        if (said === undefined) return unknown(asked, limit);
        return sendPage(asked.reply, 200, {
          title: 'No more letters',
          body:
            `<h1>No more letters</h1><p>${escapeHtml(said.email)} gets no more recommendations by e-mail from this shop.</p>` +
            `<form method="post" action="/u?t=${encodeURIComponent(token)}"><button type="submit">Unsubscribe</button></form>`,
        });
      },
    });
    table.post('/', {
      ...{ id: 'unsubscribe', summary: 'No more letters', query: Token, bodyLimitBytes: LARGEST_FORM_BYTES },
      async handle({ query, ...asked }) {
        const said = readUnsubscribeToken(asked.core, query.t ?? '');
        if (said === undefined) return unknown(asked, limit);
        // Whoever holds a link of ours is never held up: a mail program does it for all of its readers, from one address.
        await unsubscribeReader(asked.core, said);
        return sendPage(asked.reply, 200, {
          title: 'No more letters',
          body: `<h1>Done</h1><p>${escapeHtml(said.email)} gets no more of these letters.</p>`,
        });
      },
    });
  });
}

function unknown({ core, request, reply }: Asked, limit: OpenLimit): Readable {
  if (!limit.admits(core, `post ${networkOf(request.ip)}`, POSTS_PER_MINUTE)) return busy(reply);
  return sorry(reply, 404, 'This link is not whole', 'Take it from the letter once more.');
}
