import type { Selectable } from 'kysely';
import type { OfferTable } from '#core/tables.js';

/** What an advocate can pass on: one for each person and campaign. */
export interface Offer {
  id: number;
  siteId: string;
  campaignId: number;
  personId: number;
  originId: number;
  /** In its links. */
  code: string;
  trafficSource: string | null;
  expiresAt: Date | null;
  createdAt: Date;
}

export function toOffer(row: Selectable<OfferTable>): Offer {
  return {
    id: row.id,
    siteId: row.site_id,
    campaignId: row.campaign_id,
    personId: row.person_id,
    originId: row.origin_id,
    code: row.code,
    trafficSource: row.traffic_source,
    expiresAt: row.expires_at,
    createdAt: row.created_at,
  };
}
