import type { Selectable } from 'kysely';
import type { FraudFinding } from '#core/sites/index.js';
import type { ReferralStatus, ReferralTable } from '#core/tables.js';

/** How an origin was found to be an advocate's, the surest first. */
export const TRACK_METHODS = [
  'manually_generated',
  'force_manually_generated',
  /** Whoever brought this friend before. */
  'sticky_advocate',
  /** A code that a friend was given by the offer. */
  'coupon',
  /** The browser came by the offer. */
  'cookie',
  /** Another browser of the same person did. */
  'web_cookie',
  /** They said who they are when they came. */
  'gated_email',
  /** Somebody of the same telephone came. */
  'phone_number',
  /** They were sent a letter. */
  'share_email',
  /** Somebody came from the same address, within the hour. */
  'ip_address',
  /** An earlier event of theirs was an advocate's. */
  'event_chain',
] as const;
export type TrackMethod = (typeof TRACK_METHODS)[number];

/** An origin that an advocate brought. */
export interface Referral {
  id: number;
  siteId: string;
  campaignId: number;
  offerId: number;
  advocateId: number;
  friendId: number;
  originId: number;
  claimId: number | null;
  channel: string | null;
  status: ReferralStatus;
  trackMethod: string;
  /** What every check found. */
  fraud: FraudFinding[];
  /** When it is decided by itself; null: it is decided, or waits for somebody. */
  decidesAt: Date | null;
  /** `time`, `refund`, `key:…`. */
  decidedBy: string | null;
  /** The event that the shop must have heard of before it is rewarded. */
  awaitsEvent: string | null;
  createdAt: Date;
  updatedAt: Date;
}

export function toReferral(row: Selectable<ReferralTable>): Referral {
  return {
    id: row.id,
    siteId: row.site_id,
    campaignId: row.campaign_id,
    offerId: row.offer_id,
    advocateId: row.advocate_id,
    friendId: row.friend_id,
    originId: row.origin_id,
    claimId: row.claim_id,
    channel: row.channel,
    status: row.status,
    trackMethod: row.track_method,
    fraud: row.fraud,
    decidesAt: row.decides_at,
    decidedBy: row.decided_by,
    awaitsEvent: row.awaits_event,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

/** What events say of a referral. */
export function referralFacts(referral: Referral): Record<string, unknown> {
  return JSON.parse(JSON.stringify({ ...referral, siteId: undefined, awaitsEvent: undefined })) as Record<
    string,
    unknown
  >;
}
