import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Readable } from 'node:stream';
import { sorry } from '#apis/referral-pages/page-frame.js';
import type { OpenDoor } from '#apis/http/index.js';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import type { Site } from '#core/sites/index.js';

/** Who looks at a page, and where it is sent. */
export interface Asked {
  core: Core;
  request: FastifyRequest;
  reply: FastifyReply;
}

/** What all doors of links, pages and the tag refuse alike. */
export const OPEN = {
  guard: { kind: 'open' },
  refusals: { 'site.throttled': { status: 429, code: 'throttled' } },
} as const;

/** A door for browsers, which answers with pages. */
export function pageDoor(name: string, prefix: string, routes: OpenDoor['routes']): OpenDoor {
  return { ...OPEN, name, prefix, presentError: ({ code, message }) => ({ error: { code, message } }), routes };
}

/** A page that is measured as the site's; where the site asks for too much, or somebody for too many codes, it says so. */
export async function pageOf<T>({ core, reply }: Asked, site: Site, work: () => Promise<T>): Promise<T | Readable> {
  try {
    return await core.siteLoad.run(site, work);
  } catch (error) {
    const isBusy = error instanceof CoreError && BUSY.has(error.code);
    if (isBusy) return busy(reply, error.retryAfterSeconds);
    throw error;
  }
}

const BUSY = new Set<string>(['site.throttled', 'offer_claim.too_many']);

export function busy(reply: FastifyReply, seconds = 60): Readable {
  void reply.header('retry-after', String(Math.ceil(seconds)));
  return sorry(reply, 429, 'Too many at once', 'Please come back in a while.');
}

export function noSuchOffer(reply: FastifyReply): Readable {
  return sorry(reply, 404, 'There is no such offer', 'Is the link whole?');
}
