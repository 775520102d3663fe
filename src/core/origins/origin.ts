import type { Selectable } from 'kysely';
import type { OriginKind, OriginTable } from '#core/tables.js';

export interface OriginItem {
  productId: string;
  /** Minor units. */
  price: number;
  quantity: number;
}

/** A purchase, an event, or the wish to recommend. */
export interface Origin {
  id: number;
  siteId: string;
  kind: OriginKind;
  /** Of an event; else empty. */
  category: string;
  number: string;
  personId: number;
  /** Minor units; null: nothing was bought. */
  subtotal: number | null;
  couponCodes: string[];
  items: OriginItem[];
  visitor: string | null;
  ip: string | null;
  userAgent: string | null;
  trafficSource: string | null;
  /** `segment1` to `segment3` and `utm_…`. */
  labels: Record<string, string>;
  tags: string[];
  shippingAddress: string | null;
  shippingZip: string | null;
  /** The address in one way of writing. */
  shippingKey: string | null;
  happenedAt: Date;
  createdAt: Date;
  refundedAt: Date | null;
  /** Minor units; less than the subtotal: in part. */
  refunded: number | null;
}

/** Whether all of it was given back; of nothing, nothing is left either. */
export function isRefundedWhole({ refundedAt, refunded, subtotal }: Origin): boolean {
  return refundedAt !== null && (refunded ?? 0) >= (subtotal ?? 0);
}

export function toOrigin(row: Selectable<OriginTable>): Origin {
  return {
    id: row.id,
    siteId: row.site_id,
    kind: row.kind,
    category: row.category,
    number: row.number,
    personId: row.person_id,
    subtotal: row.subtotal,
    couponCodes: row.coupon_codes,
    items: row.items,
    visitor: row.visitor,
    ip: row.ip,
    userAgent: row.user_agent,
    trafficSource: row.traffic_source,
    labels: row.labels,
    tags: row.tags,
    shippingAddress: row.shipping_address,
    shippingZip: row.shipping_zip,
    shippingKey: row.shipping_key,
    happenedAt: row.happened_at,
    createdAt: row.created_at,
    refundedAt: row.refunded_at,
    refunded: row.refunded,
  };
}

/** Of events. */
export const LONGEST_CATEGORY = 100;
export const CATEGORY_RULE = `has 1 to ${LONGEST_CATEGORY} characters, and no colon`;

export function isCategory(text: string): boolean {
  return text.trim() !== '' && text.length <= LONGEST_CATEGORY && !text.includes(':');
}

/** As campaigns name events: `event:CATEGORY`. */
export function isEventCategory(text: string): boolean {
  return text.startsWith('event:') && isCategory(text.slice('event:'.length));
}

/** As campaigns name what makes advocates and what counts of friends. */
export function categoryOf({ kind, category }: Pick<Origin, 'kind' | 'category'>): string {
  return kind === 'event' ? `event:${category}` : kind;
}
