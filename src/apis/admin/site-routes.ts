import Type from 'typebox';
import { AccountQuery, chosenAccount, Mode } from '#apis/admin/account-choice.js';
import { ACTOR, type AdminRoutes } from '#apis/admin/admin-parts.js';
import type { Core } from '#core/core.js';
import { listSiteHours } from '#core/site-load/index.js';
import { applySiteDocument, readSiteDocument } from '#core/site-documents/index.js';
import { removeSite } from '#core/site-removal/index.js';
import { createSite, findSite, listSites, rollSecurityKey, type Site } from '#core/sites/index.js';

const strict = { additionalProperties: false };
const Params = Type.Object({ slug: Type.String() });
const Text = Type.Optional(Type.String());
/** A whole site with 10,000 codes in each of several lists. */
const BODY_BYTES = 32_000_000;

/** Shops whose customers recommend them. */
export function addSiteRoutes(table: AdminRoutes): void {
  table.get('/sites', {
    id: 'listSites',
    summary: 'The sites of an account, both halves of each',
    query: AccountQuery,
    handle: async ({ core, query }) => {
      const account = await chosenAccount(core, query);
      return { sites: (await listSites(core, account.id)).map(present) };
    },
  });

  table.post('/sites', {
    id: 'createSite',
    summary: 'Create a site; its keys are in this reply only',
    query: AccountQuery,
    body: Type.Object({ slug: Type.String(), name: Text, url: Text, currency: Text, time_zone: Text }, strict),
    status: 201,
    handle: async ({ core, query, body }) => {
      const { id: accountId } = await chosenAccount(core, query);
      const { slug, name, url, currency, time_zone: timeZone } = body;
      const created = await createSite(core, { accountId, slug, name, url, currency, timeZone, actor: ACTOR });
      return {
        site: present(created.site.live),
        ...{ live_key: created.keys.live, test_key: created.keys.test },
        ...{ live_security_key: created.securityKeys.live, test_security_key: created.securityKeys.test },
      };
    },
  });

  table.delete('/sites/:slug', {
    id: 'removeSite',
    summary: 'Remove both halves of a site with all that is theirs',
    query: AccountQuery,
    params: Params,
    handle: async ({ core, query, params: { slug } }) => {
      const { id: accountId } = await chosenAccount(core, query);
      await removeSite(core, { accountId, slug, actor: ACTOR });
      return {};
    },
  });

  table.post('/sites/:slug/roll-security-key', {
    id: 'rollSiteSecurityKey',
    summary: 'Replace the security key of a site at once; the new one is in this reply only',
    query: Type.Object({ ...AccountQuery.properties, mode: Mode }),
    params: Params,
    handle: async ({ core, query, params }) => ({
      security_key: await rollSecurityKey(core, await siteOf(core, query, params.slug), ACTOR),
    }),
  });

  table.get('/site-usage', {
    id: 'listSiteUsage',
    summary: 'What sites use of the server, and why they were throttled',
    query: Type.Object({ ...AccountQuery.properties, slug: Text }),
    handle: async ({ core, query }) => {
      const { id } = await chosenAccount(core, query);
      const all = (await listSites(core, id)).filter(({ slug }) => query.slug === undefined || slug === query.slug);
      const sites = [];
      for (const site of all) sites.push(await presentUsage(core, site));
      return { sites };
    },
  });

  table.get('/sites/:slug', {
    id: 'showSite',
    summary: 'A site as a document that could be applied',
    query: Type.Object({ ...AccountQuery.properties, mode: Mode }),
    params: Params,
    handle: async ({ core, query, params }) => {
      const site = await siteOf(core, query, params.slug);
      return { site: present(site), document: await readSiteDocument(core, site) };
    },
  });

  table.put('/sites/:slug', {
    id: 'applySite',
    summary: 'Make a site what a document says, all of it or nothing',
    query: Type.Object({ ...AccountQuery.properties, mode: Type.Union([Mode, Type.Literal('both')]) }),
    params: Params,
    body: Type.Unknown(),
    bodyLimitBytes: BODY_BYTES,
    handle: async ({ core, query: { mode, ...query }, params, body }) => {
      const modes = mode === 'both' ? (['live', 'test'] as const) : [mode];
      const sites = await Promise.all(modes.map((one) => siteOf(core, { ...query, mode: one }, params.slug)));
      return { applied: await applySiteDocument(core, sites, body, ACTOR) };
    },
  });
}

/** What it uses now, here, and in the last day, everywhere. */
async function presentUsage(core: Core, site: Site) {
  const { usedMs, requests, normalMs, allowedMs, throttled } = core.siteLoad.now(site);
  await core.siteLoad.flush();
  const day = await listSiteHours(core, site.id, 24);
  return {
    ...{ slug: site.slug, mode: site.mode },
    ...{ used_ms_per_second: usedMs, requests_per_second: requests },
    ...{ normal_ms_per_second: normalMs, allowed_ms_per_second: allowedMs },
    day: {
      used_ms: day.reduce((sum, hour) => sum + hour.usedMs, 0),
      requests: day.reduce((sum, hour) => sum + hour.requests, 0),
      throttled: day.reduce((sum, hour) => sum + hour.throttled, 0),
    },
    throttled:
      throttled === undefined
        ? null
        : {
            ...{ at: throttled.at, share: throttled.share, asked_ms_per_second: throttled.demandMs },
            ...{ normal_ms_per_second: throttled.normalMs, allowed_ms_per_second: throttled.allowedMs },
          },
  };
}

/** By its slug. */
export async function siteOf(
  core: Pick<Core, 'db'>,
  { mode, ...query }: { account?: string; mode: 'live' | 'test' },
  slug: string,
): Promise<Site> {
  const { id: accountId } = await chosenAccount(core, query);
  return findSite(core, { accountId, mode }, slug);
}

function present(site: Site) {
  return {
    ...{ id: site.id, slug: site.slug, mode: site.mode, name: site.name, url: site.url, currency: site.currency },
    ...{ time_zone: site.timeZone, public_id: site.publicId, created_at: site.createdAt },
  };
}
