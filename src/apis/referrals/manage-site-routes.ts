import Type, { type Static } from 'typebox';
import { SettingsChange, SettingsObject } from '#apis/referrals/manage-schemas.js';
import { presentTime } from '#apis/referrals/present-time.js';
import type { SiteTable } from '#apis/referrals/site-table.js';
import { readDocument, settingsDocument, settingsShape } from '#core/site-documents/index.js';
import { rollSecurityKey, updateSite, type Site } from '#core/sites/index.js';

const tag = 'Manage';
const SiteObject = Type.Object({
  slug: Type.String(),
  mode: Type.Enum(['live', 'test']),
  name: Type.String(),
  url: Type.String({ description: 'Where friends land, unless a campaign says otherwise.' }),
  currency: Type.String({ description: 'ISO 4217.' }),
  time_zone: Type.String({ description: 'IANA. Times are told with its offset.' }),
  public_id: Type.String({ description: 'For pages of the shop: it names the site, and allows nothing.' }),
  settings: SettingsObject,
  created_at: Type.String(),
  updated_at: Type.String(),
});
const Returned = Type.Object({ site: SiteObject });

/** The site itself. */
export function manageSiteRoutes(table: SiteTable): void {
  table.get('/manage/site', {
    id: 'getSite',
    summary: 'The site',
    tag,
    scope: 'referrals:read',
    returns: Returned,
    handle: ({ site }) => Promise.resolve({ site: presentSite(site) }),
  });

  table.put('/manage/site', {
    id: 'putSite',
    summary: 'Change what is given of the site',
    description:
      'What is left out stays. `currency` can be changed as long as there are no coupon lists, campaigns and purchases.',
    tag,
    scope: 'referrals:write',
    body: Type.Object(
      {
        name: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
        url: Type.Optional(Type.String({ maxLength: 2000 })),
        currency: Type.Optional(Type.String({ maxLength: 3 })),
        time_zone: Type.Optional(Type.String({ maxLength: 60 })),
        settings: Type.Optional(SettingsChange),
      },
      { additionalProperties: false, examples: [{ name: 'The Shop', settings: { reminder_days: 5 } }] },
    ),
    returns: Returned,
    async handle({ core, site, body, auth }) {
      const { name, url, currency, time_zone: timeZone } = body;
      const settings =
        body.settings === undefined ? undefined : readDocument(settingsShape, body.settings, 'site.bad_input');
      const changed = await updateSite(core, site, { name, url, currency, timeZone, settings }, auth.keyId);
      return { site: presentSite(changed.site) };
    },
  });

  table.post('/manage/site/roll_security_key', {
    id: 'rollSecurityKey',
    summary: 'Replace the security key of the site',
    description:
      'With it your server makes `identifier_hash`. The new one is in this reply only; hashes of the old one are believed ' +
      'no more.',
    tag,
    scope: 'referrals:write',
    secretReply: true,
    returns: Type.Object({ security_key: Type.String() }),
    handle: async ({ core, site, auth }) => ({ security_key: await rollSecurityKey(core, site, auth.keyId) }),
  });
}

function presentSite(site: Site): Static<typeof SiteObject> {
  return {
    ...{ slug: site.slug, mode: site.mode, name: site.name, url: site.url },
    ...{ currency: site.currency, time_zone: site.timeZone, public_id: site.publicId },
    settings: settingsDocument(site.settings),
    created_at: presentTime(site.createdAt, site.timeZone),
    updated_at: presentTime(site.updatedAt, site.timeZone),
  };
}
