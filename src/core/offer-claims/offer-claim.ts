import type { Selectable } from 'kysely';
import type { OfferClaimTable } from '#core/tables.js';

/** A friend who came by an offer. */
export interface OfferClaim {
  id: number;
  siteId: string;
  offerId: number;
  shareId: number | null;
  channel: string;
  visitor: string | null;
  /** Once they said who they are. */
  personId: number | null;
  ip: string | null;
  userAgent: string | null;
  /** Until when a purchase counts; null: without end. */
  expiresAt: Date | null;
  createdAt: Date;
}

export function toOfferClaim(row: Selectable<OfferClaimTable>): OfferClaim {
  return {
    id: row.id,
    siteId: row.site_id,
    offerId: row.offer_id,
    shareId: row.share_id,
    channel: row.channel,
    visitor: row.visitor,
    personId: row.person_id,
    ip: row.ip,
    userAgent: row.user_agent,
    expiresAt: row.expires_at,
    createdAt: row.created_at,
  };
}
