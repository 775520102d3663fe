import type { FastifyReply } from 'fastify';
import type { Readable } from 'node:stream';
import Type from 'typebox';
import { filledIn } from '#apis/referral-pages/filled-in.js';
import { askPage, firstCode, givenPage, shownPage } from '#apis/referral-pages/friend-page.js';
import { LOOKS_PER_MINUTE, type OpenLimit, POSTS_PER_MINUTE } from '#apis/referral-pages/open-limit.js';
import { busy, noSuchOffer, pageDoor, pageOf, type Asked } from '#apis/referral-pages/page-door.js';
import { sendPage, sorry } from '#apis/referral-pages/page-frame.js';
import { LARGEST_FORM_BYTES, readForm } from '#apis/referral-pages/read-form.js';
import { isPerson, visitorOf } from '#apis/referral-pages/visitor-cookie.js';
import type { OpenDoor } from '#apis/http/index.js';
import type { Core } from '#core/core.js';
import { sendsLetters } from '#core/emails/index.js';
import { CoreError } from '#core/errors.js';
import { networkOf } from '#core/network.js';
import { claimAs, landingUrl, recordClaim, type ClaimedAs, type Visit } from '#core/offer-claims/index.js';
import { claimLink, isOfferOpen, LINK_CHANNELS, offerOfLink, shareLink, type SharedOffer } from '#core/offers/index.js';
import { isFriendsCoupon } from '#core/referral-campaigns/index.js';
import type { Reward } from '#core/rewards/index.js';
import { shareOfLink, type FilledIn } from '#core/shares/index.js';

/** Of a link that names none. */
const PLAIN_CHANNEL = 'custom';
const CHANNELS: readonly string[] = [...LINK_CHANNELS, 'email', 'reminder'];

/** How somebody came: the offer, and by which link. */
interface Coming {
  visited: SharedOffer;
  filled: FilledIn;
  /** The link's own path. */
  path: string;
  channel: string;
  shareId?: number;
}

/** The same of every address, so that strangers learn nothing of whose it is. */
const ASKED =
  'A letter is on its way to this address, unless it confirmed before, ended letters, was asked in the last seven days, or is ' +
  'that of whoever sent you. Letters of the shop begin when you confirm them by the link in it, and what is promised for ' +
  'them is shown then.';

const Code = Type.Object({ code: Type.String() });
const CodeAndChannel = Type.Object({ code: Type.String(), channel: Type.String() });

/** Where friends come by links of offers, `/r/CODE` and `/r/CODE/CHANNEL`. */
export function claimLinkDoor(limit: OpenLimit): OpenDoor {
  return pageDoor('referral-links', '/r', (table) => {
    table.get('/:code', {
      ...{ id: 'comeByOffer', summary: 'A friend comes by an offer', params: Code },
      handle: ({ params, ...asked }) => comeBy(asked, limit, () => byOffer(asked.core, params.code)),
    });
    table.get('/:code/:channel', {
      ...{ id: 'comeByOfferAndChannel', summary: 'The same, by a channel', params: CodeAndChannel },
      handle: ({ params, ...asked }) => comeBy(asked, limit, () => byOffer(asked.core, params.code, params.channel)),
    });
    table.post('/:code', {
      ...{ id: 'claimOffer', summary: 'A friend says who they are', params: Code, bodyLimitBytes: LARGEST_FORM_BYTES },
      handle: ({ params, body, ...asked }) =>
        takeForm(asked, limit, body, (channel) => byOffer(asked.core, params.code, channel)),
    });
  });
}

/** The same by links of one share, `/s/CODE`. */
export function shareLinkDoor(limit: OpenLimit): OpenDoor {
  return pageDoor('share-links', '/s', (table) => {
    table.get('/:code', {
      ...{ id: 'comeByShare', summary: 'A friend comes by a share', params: Code },
      handle: ({ params, ...asked }) => comeBy(asked, limit, () => byShare(asked.core, params.code)),
    });
    table.post('/:code', {
      ...{ id: 'claimShare', summary: 'A friend says who they are', params: Code, bodyLimitBytes: LARGEST_FORM_BYTES },
      handle: ({ params, body, ...asked }) => takeForm(asked, limit, body, () => byShare(asked.core, params.code)),
    });
  });
}

async function byOffer(core: Core, code: string, channel = PLAIN_CHANNEL): Promise<Coming | undefined> {
  const visited = await offerOfLink(core, code);
  if (visited === undefined) return undefined;
  const known = CHANNELS.includes(channel) ? channel : 'other';
  const link = claimLink(core, visited.offer, known);
  return { visited, filled: await filledIn(core, visited, link), path: `/r/${visited.offer.code}`, channel: known };
}

async function byShare(core: Core, code: string): Promise<Coming | undefined> {
  const found = await shareOfLink(core, code);
  if (found === undefined) return undefined;
  const { share, ...visited } = found;
  const filled = await filledIn(core, visited, shareLink(core, share.code));
  return { visited, filled, path: `/s/${share.code}`, channel: share.channel, shareId: share.id };
}

async function comeBy(
  asked: Asked,
  limit: OpenLimit,
  find: () => Promise<Coming | undefined>,
): Promise<Readable | undefined> {
  const { core, request, reply } = asked;
  if (!limit.admits(core, `look ${networkOf(request.ip)}`, LOOKS_PER_MINUTE)) return busy(reply);
  const coming = await find();
  if (coming === undefined) return noSuchOffer(reply);
  return pageOf(asked, coming.visited.site, () => come(asked, coming));
}

async function come(asked: Asked, coming: Coming): Promise<Readable> {
  const { core, request, reply } = asked;
  const { visited, filled, path, channel } = coming;
  if (isOver(core, visited)) return over(reply);
  if (!isPerson(request)) return sendPage(reply, 200, shownPage(visited, filled, path));
  const { claim, rewards } = await recordClaim(core, visited, visitOf(asked, coming));
  if (visited.campaign.settings.emailGating) {
    return sendPage(
      reply,
      200,
      askPage(visited, filled, { action: path, channel, mayAskForLetters: sendsLetters(core, visited.site.mode) }),
    );
  }
  const shop = landingUrl(core, visited, { claim, coupon: firstCode(rewards) });
  const given = givenPage(visited, filled, rewards, { shop });
  // `form-action 'self'`: from a page of ours no browser follows a form to another origin.
  if (request.method === 'POST') return sendPage(reply, 200, given);
  void reply.header('location', shop).header('referrer-policy', 'no-referrer');
  return sendPage(reply, 302, given);
}

async function takeForm(
  asked: Asked,
  limit: OpenLimit,
  body: unknown,
  find: (channel: string | undefined) => Promise<Coming | undefined>,
): Promise<Readable> {
  const { core, request, reply } = asked;
  const form = readForm(request, body);
  if (!limit.admits(core, `post ${networkOf(request.ip)}`, POSTS_PER_MINUTE)) return busy(reply);
  const coming = await find(form.get('channel') ?? undefined);
  if (coming === undefined) return noSuchOffer(reply);
  const { visited, filled, path, channel } = coming;
  // Where nobody is asked who they are, nothing is taken of what is said of it.
  if (!visited.campaign.settings.emailGating || !isPerson(request)) {
    return pageOf(asked, visited.site, () => come(asked, coming));
  }
  const email = (form.get('email') ?? '').slice(0, 254);
  const mayAskForLetters = sendsLetters(core, visited.site.mode);
  const askAgain = (wrong: string): Readable =>
    sendPage(reply, 422, askPage(visited, filled, { action: path, channel, mayAskForLetters, email, wrong }));
  return pageOf(asked, visited.site, async () => {
    if (isOver(core, visited)) return over(reply);
    try {
      const says = { email, wantsLetters: mayAskForLetters && form.get('letters') === 'yes' };
      const visit = visitOf(asked, coming);
      const claimed = await claimAs(core, visited, visit, says);
      const given = shownOf(claimed, visited, visit);
      const coupon = given === 'elsewhere' ? null : firstCode(given);
      const shop = landingUrl(core, visited, { claim: claimed.claim, coupon });
      const notice = says.wantsLetters ? ASKED : undefined;
      return sendPage(reply, 200, givenPage(visited, filled, given, { shop, notice, letterLink: claimed.letterLink }));
    } catch (error) {
      if (!(error instanceof CoreError) || error.code !== 'site_person.bad_input') throw error;
      return askAgain('This is no e-mail address.');
    }
  });
}

/**
 * Anybody can type in an address: a code is shown where it was given, and nowhere else. Whether it is the advocate's is not
 * told: the answer is that to a friend who was given theirs elsewhere.
 */
function shownOf(
  { claim, rewards, isAdvocate }: ClaimedAs,
  { campaign }: SharedOffer,
  visit: Visit,
): Reward[] | 'elsewhere' {
  if (isAdvocate) return campaign.settings.incentives.some(isFriendsCoupon) ? 'elsewhere' : [];
  const shown = rewards.filter(({ visitor, claimId }) => visitor === visit.visitor || claimId === claim.id);
  return shown.length === 0 && rewards.length > 0 ? 'elsewhere' : shown;
}

function visitOf({ core, request, reply }: Asked, { visited, channel, shareId }: Coming): Visit {
  return {
    ...{ channel, shareId, ip: request.ip, userAgent: request.headers['user-agent'] },
    visitor: visitorOf(request, reply, core, visited.site),
  };
}

function isOver({ clock }: Core, { offer, site, campaign }: SharedOffer): boolean {
  return !isOfferOpen(offer, campaign, site, new Date(clock.now()));
}

function over(reply: FastifyReply): Readable {
  return sorry(reply, 410, 'This offer is over', 'It was good, and now it has ended.');
}
