import type { FastifyReply, FastifyRequest } from 'fastify';
import { Readable } from 'node:stream';
import Type, { type Static, type TSchema } from 'typebox';
import { TAGS_PER_ADDRESS, TAGS_PER_VISITOR, type OpenLimit } from '#apis/referral-pages/open-limit.js';
import { OPEN } from '#apis/referral-pages/page-door.js';
import {
  Arrive,
  emailOf,
  Event,
  Gleam,
  Identify,
  Purchase,
  Share,
  type Browser,
} from '#apis/referral-pages/tag-says.js';
import { gleam, share } from '#apis/referral-pages/tag-vouched.js';
import { TAG_SCRIPT } from '#apis/referral-pages/tag-script.js';
import { HttpProblem, type OpenDoor } from '#apis/http/index.js';
import { refuseUnstorable } from '#apis/http/json-body.js';
import { compileValidator } from '#apis/http/validate.js';
import { identifyVisitor, recordBrowserClaim } from '#core/browser-claims/index.js';
import type { Core } from '#core/core.js';
import { networkOf } from '#core/network.js';
import { arrive } from '#core/offer-claims/index.js';
import type { Site } from '#core/sites/index.js';

const LARGEST_BYTES = 16_384;
const TAG = {
  ...OPEN,
  presentError: ({ message }: { message: string }) => ({ ok: false, error_message: message }),
};

/** The script, for pages of shops. */
export function tagScriptDoor(): OpenDoor {
  return {
    ...TAG,
    name: 'referral-tag-script',
    prefix: '/referrals/t.js',
    routes(table) {
      table.get('/', {
        ...{ id: 'getTag', summary: 'The tag for pages of shops', returnsType: 'text/javascript', anyOrigin: true },
        async handle({ reply }) {
          void reply
            .type('text/javascript; charset=utf-8')
            .headers({ 'cache-control': 'public, max-age=3600', 'x-content-type-options': 'nosniff' })
            .header('cross-origin-resource-policy', 'cross-origin');
          return Readable.from([TAG_SCRIPT]);
        },
      });
    },
  };
}

/**
 * What the tag says. Nothing of it earns anything: a purchase must be told by the shop's own server, and who somebody is must
 * be signed by the shop.
 */
export function tagDoor(limit: OpenLimit): OpenDoor {
  return {
    ...TAG,
    name: 'referral-tag',
    prefix: '/referrals/tag',
    routes(table) {
      const take = <S extends TSchema>(
        what: string,
        schema: S,
        work: (core: Core, site: Site, said: Static<S>, browser: Browser) => Promise<Record<string, unknown>>,
      ): void => {
        const check = compileValidator(schema, 'body');
        table.post(`/:site/${what}`, {
          ...{ id: `tag_${what}`, summary: `The tag says: ${what}`, params: Type.Object({ site: Type.String() }) },
          bodyLimitBytes: LARGEST_BYTES,
          async handle({ core, params, request, reply, body }) {
            refuseMany(core, limit, `tag ${networkOf(request.ip)}`, TAGS_PER_ADDRESS);
            const site = await siteOf(core, params.site, request, reply);
            const said = check(readJson(body)) as Static<S> & { visitor: string };
            refuseMany(core, limit, `visitor ${site.id} ${said.visitor}`, TAGS_PER_VISITOR);
            return core.siteLoad.run(site, async () => ({
              ok: true,
              ...(await work(core, site, said, browserOf(request))),
            }));
          },
        });
      };
      take('arrive', Arrive, async (core, site, { visitor, visit }) => ({
        arrived: await arrive(core, site, { visitor, token: visit }),
      }));
      take('identify', Identify, async (core, site, { visitor, email, identifier_hash: identifierHash }) => {
        const identified = await identifyVisitor(core, site, { visitor, email: emailOf(email), identifierHash });
        return { identified };
      });
      take('purchase', Purchase, async (core, site, { visitor, email, order_number: number }, browser) => {
        const said = { visitor, number, email: emailOf(email), ...browser };
        await recordBrowserClaim(core, site, { kind: 'purchase', ...said });
        return {};
      });
      take('event', Event, async (core, site, said, browser) => {
        const { visitor, event_category: category, event_number: number } = said;
        const event = { visitor, category, number, email: emailOf(said.email), ...browser };
        await recordBrowserClaim(core, site, { kind: 'event', ...event });
        return {};
      });
      take('share', Share, share);
      take('gleam', Gleam, gleam);
    },
  };
}

function browserOf({ ip, headers }: FastifyRequest): Browser {
  return { ip, userAgent: headers['user-agent'] };
}

/** Pages of the site's own origin may read the answer, and no others. @throws HttpProblem */
async function siteOf(core: Core, publicId: string, { headers }: FastifyRequest, reply: FastifyReply): Promise<Site> {
  const site = await core.knownSites.shown(publicId);
  if (site === undefined) throw new HttpProblem('not_found', 'There is no such site.');
  const own = new URL(site.url).origin;
  void reply.header('access-control-allow-origin', own).header('vary', 'Origin').header('cache-control', 'no-store');
  if (headers.origin === own) return site;
  throw new HttpProblem('forbidden_scope', 'The tag speaks from pages of its own site.');
}

function refuseMany(core: Core, limit: OpenLimit, what: string, most: number): void {
  if (limit.admits(core, what, most)) return;
  throw new HttpProblem('rate_limited', 'Too many requests. Try again in a minute.', {
    headers: { 'retry-after': '60' },
  });
}

function readJson(body: unknown): unknown {
  let said: unknown;
  try {
    said = JSON.parse(Buffer.isBuffer(body) ? body.toString('utf8') : '');
  } catch {
    throw new HttpProblem('malformed_body', 'The body must be JSON.');
  }
  refuseUnstorable(said);
  return said;
}
