import type { Selectable } from 'kysely';
import { SITE_DEFAULTS, type SiteSettings } from '#core/sites/site-settings.js';
import type { Mode, SiteTable } from '#core/tables.js';

/** A shop, in one mode. Everything of referrals is of a site, so that what has its id needs no account and no mode. */
export interface Site {
  id: string;
  accountId: string;
  mode: Mode;
  slug: string;
  name: string;
  /** Where friends land, unless a campaign says otherwise. */
  url: string;
  /** ISO 4217. */
  currency: string;
  /** IANA; times are told with its offset. */
  timeZone: string;
  /** For pages of the shop: it names the site, and allows nothing. */
  publicId: string;
  settings: SiteSettings;
  createdAt: Date;
  updatedAt: Date;
}

export function toSite(row: Selectable<SiteTable>): Site {
  return {
    id: row.id,
    accountId: row.account_id,
    mode: row.mode,
    slug: row.slug,
    name: row.name,
    url: row.url,
    currency: row.currency,
    timeZone: row.time_zone,
    publicId: row.public_id,
    settings: {
      ...SITE_DEFAULTS,
      ...row.settings,
      fraud: { ...SITE_DEFAULTS.fraud, ...row.settings.fraud },
    },
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

/** What every event of a site says of it: amounts in what follows are in minor units of its currency. */
export function siteFacts({ slug, currency, timeZone }: Site): { site: string; currency: string; timeZone: string } {
  return { site: slug, currency, timeZone };
}
