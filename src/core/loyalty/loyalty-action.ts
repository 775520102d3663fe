import type { Selectable } from 'kysely';
import type { LoyaltyActionTable } from '#core/tables.js';

/** What is kept of an action beside its columns. */
export interface ActionDetails {
  /** The rule as it was: what it is called and gives. */
  rule?: { name: string; description: string | null; points: number };
  /** Of the points, those for each whole unit of currency, and how many units there were. */
  pointsPerUnit?: number;
  units?: number;
  referralId?: number;
  /** Of one by hand: why. */
  description?: string;
  /** Of a redemption: what for. */
  batch?: { id: number; description: string };
  trafficSource?: string;
}

/** A line of the ledger of points. */
export interface LoyaltyAction {
  id: number;
  memberId: number;
  kind: LoyaltyActionTable['kind'];
  /** The identifier of its rule. */
  action: string | null;
  /** Negative: they went. */
  points: number;
  pointsAfter: number;
  details: ActionDetails;
  originId: number | null;
  couponId: number | null;
  /** Who did it by hand: the id of a user or of a key. */
  actor: string | null;
  createdAt: Date;
}

export function toLoyaltyAction(row: Selectable<LoyaltyActionTable>): LoyaltyAction {
  return {
    id: row.id,
    memberId: row.member_id,
    kind: row.kind,
    action: row.action,
    points: row.points,
    pointsAfter: row.balance_after,
    details: row.details,
    originId: row.origin_id,
    couponId: row.coupon_id,
    actor: row.actor,
    createdAt: row.created_at,
  };
}
