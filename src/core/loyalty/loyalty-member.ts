import type { Selectable } from 'kysely';
import { CoreError } from '#core/errors.js';
import type { LoyaltyMemberTable } from '#core/tables.js';

/** Of a balance, where no campaign sets less. */
export const MOST_POINTS = 1_000_000_000;

/** Somebody who gets points for what they do. */
export interface LoyaltyMember {
  id: number;
  siteId: string;
  personId: number;
  /** By which they joined. */
  campaignId: number | null;
  /** Else nothing is collected or redeemed. */
  active: boolean;
  points: number;
  /** Birthdays and the like: a date by its identifier. */
  dates: Record<string, string>;
  createdAt: Date;
}

export function toLoyaltyMember(row: Selectable<LoyaltyMemberTable>): LoyaltyMember {
  return {
    id: row.id,
    siteId: row.site_id,
    personId: row.person_id,
    campaignId: row.campaign_id,
    active: row.active,
    points: row.balance,
    dates: row.dates,
    createdAt: row.created_at,
  };
}

export function memberNotFound(): CoreError {
  return new CoreError('loyalty_member.not_found', 'Loyalty member not found', { field: 'email' });
}
