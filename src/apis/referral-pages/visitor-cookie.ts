import type { FastifyReply, FastifyRequest } from 'fastify';
import { randomUUID } from 'node:crypto';
import type { Core } from '#core/core.js';
import { VISITOR_PATTERN } from '#core/site-people/index.js';
import type { Site } from '#core/sites/index.js';

const UUID = new RegExp(VISITOR_PATTERN);

/** The UUID by which this browser is known here; another one for each shop, so that none learns of the others. */
export function visitorOf(
  request: FastifyRequest,
  reply: FastifyReply,
  { settings }: Pick<Core, 'settings'>,
  site: Site,
): string {
  const name = `sidetone_${site.publicId}`;
  const cookies = (request.headers.cookie ?? '').split(/; */);
  const known = cookies.find((cookie) => cookie.startsWith(`${name}=`))?.slice(name.length + 1);
  const visitor = known !== undefined && UUID.test(known) ? known : randomUUID();
  const secure = settings.publicUrl.startsWith('https:') ? '; Secure' : '';
  const seconds = site.settings.cookieDays * 86_400;
  void reply.header('set-cookie', `${name}=${visitor}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Lax${secure}`);
  return visitor;
}

const BOTS =
  /bot\b|bot\/|crawl|spider|slurp|preview|facebookexternalhit|whatsapp\/|telegram|skype|embedly|headlesschecker|curl\/|wget\/|python-|monitor|scan/i;

/**
 * Whether a person goes there: programs that fetch links to show them, look ahead or check them do not come by an offer, nor
 * does whoever looks at another page that holds the link as a picture or in a frame. Old browsers do not say what it is for.
 */
export function isPerson({ method, headers }: FastifyRequest): boolean {
  if (method === 'HEAD') return false;
  if ((headers['sec-fetch-dest'] ?? 'document') !== 'document') return false;
  const agent = headers['user-agent'] ?? '';
  if (agent === '' || BOTS.test(agent)) return false;
  const purpose = headers['sec-purpose'] ?? headers['purpose'] ?? headers['x-purpose'] ?? '';
  return !/prefetch|prerender|preview/i.test(String(purpose));
}
