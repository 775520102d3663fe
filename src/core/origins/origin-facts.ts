import type { Origin } from '#core/origins/origin.js';

/** What events say of an origin. */
export function originFacts(origin: Origin): Record<string, unknown> {
  return {
    id: origin.id,
    kind: origin.kind,
    category: origin.category,
    number: origin.number,
    personId: origin.personId,
    subtotal: origin.subtotal,
    couponCodes: origin.couponCodes,
    items: origin.items,
    visitor: origin.visitor,
    ip: origin.ip,
    trafficSource: origin.trafficSource,
    labels: origin.labels,
    tags: origin.tags,
    happenedAt: origin.happenedAt.toISOString(),
    createdAt: origin.createdAt.toISOString(),
    refundedAt: origin.refundedAt?.toISOString() ?? null,
    refunded: origin.refunded,
  };
}
