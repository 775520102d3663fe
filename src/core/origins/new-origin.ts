import { createHash } from 'node:crypto';
import { isIP } from 'node:net';
import { CoreError } from '#core/errors.js';
import { plainIp } from '#core/network.js';
import { CATEGORY_RULE, isCategory, type OriginItem } from '#core/origins/origin.js';
import { checkVisitor, type PersonIdentity } from '#core/site-people/index.js';
import type { Site } from '#core/sites/index.js';
import type { OriginKind } from '#core/tables.js';

/** What a shop says of a purchase, an event, or somebody who wants to recommend it. It can be kept as JSON. */
export interface NewOrigin {
  kind: OriginKind;
  person: PersonIdentity;
  /** Of an event. */
  category?: string | undefined;
  /** Of an order or an event. */
  number?: string | undefined;
  /** Minor units. */
  subtotal?: number | undefined;
  /** The site's, if it is named. */
  currency?: string | undefined;
  couponCodes?: string[] | undefined;
  items?: OriginItem[] | undefined;
  shippingAddress?: string | undefined;
  shippingZip?: string | undefined;
  /** The UUID of the browser. */
  visitor?: string | undefined;
  ip?: string | undefined;
  userAgent?: string | undefined;
  trafficSource?: string | undefined;
  labels?: Record<string, string> | undefined;
  /** Only campaigns with one of them make an offer. */
  tags?: string[] | undefined;
  /** ISO 8601. Default: now. */
  happenedAt?: string | undefined;
}

export const LONGEST_NUMBER = 255;
/** Minor units. */
const MOST_SUBTOTAL = 1e15;

/** What was given, checked. */
export interface CheckedOrigin extends Omit<
  Required<{ [K in keyof NewOrigin]: NonNullable<NewOrigin[K]> | null }>,
  'kind' | 'person' | 'currency' | 'happenedAt' | 'category' | 'couponCodes' | 'items' | 'labels' | 'tags'
> {
  kind: OriginKind;
  person: PersonIdentity;
  category: string;
  couponCodes: string[];
  items: OriginItem[];
  labels: Record<string, string>;
  tags: string[];
  happenedAt: Date;
  /** Of what makes it the same. */
  digest: Buffer;
}

/** @throws CoreError `origin.bad_input`, `visitor.bad_input` */
export function checkOrigin(site: Pick<Site, 'currency'>, input: NewOrigin, at: Date): CheckedOrigin {
  const { kind, currency, subtotal = null, number = null, category = '', ip = null, visitor } = input;
  if (kind !== 'affiliate_member') {
    if (number === null || number.trim() === '' || number.length > LONGEST_NUMBER) {
      throw bad('number', `A number has 1 to ${LONGEST_NUMBER} characters.`);
    }
    if (subtotal === null || !Number.isSafeInteger(subtotal) || subtotal < 0 || subtotal > MOST_SUBTOTAL) {
      throw bad('subtotal', `Subtotal must be from 0 to ${MOST_SUBTOTAL} of the smallest unit of ${site.currency}.`);
    }
  }
  if (kind === 'event' && !isCategory(category)) {
    throw bad('category', `A category of events ${CATEGORY_RULE}.`);
  }
  if (currency !== undefined && currency.toUpperCase() !== site.currency) {
    throw bad('currency', `The currency of this site is ${site.currency}, not ${currency}.`);
  }
  if (ip !== null && isIP(ip) === 0) throw bad('ip', "Ip address isn't valid");
  const happenedAt = input.happenedAt === undefined ? at : new Date(input.happenedAt);
  if (!(happenedAt.getTime() >= 0)) throw bad('happenedAt', 'A time is written in ISO 8601, and is not before 1970.');
  const checked = {
    ...{ kind, person: input.person, number, category, subtotal, happenedAt },
    ip: ip === null ? null : plainIp(ip),
    couponCodes: [...new Set((input.couponCodes ?? []).map((code) => code.trim().toUpperCase()))].filter(Boolean),
    items: input.items ?? [],
    shippingAddress: input.shippingAddress ?? null,
    shippingZip: input.shippingZip ?? null,
    visitor: visitor === undefined ? null : checkVisitor(visitor),
    userAgent: input.userAgent ?? null,
    trafficSource: input.trafficSource ?? null,
    labels: input.labels ?? {},
    tags: input.tags ?? [],
  };
  return { ...checked, digest: digestOf(checked) };
}

/** Of what was bought, by whom and where to; what is known of the circumstances may differ another time. */
function digestOf(origin: Omit<CheckedOrigin, 'digest'>): Buffer {
  const { person, kind, subtotal, couponCodes, items, shippingAddress, shippingZip } = origin;
  const same = [
    ...[person.email.trim().toLowerCase(), subtotal, [...couponCodes].sort()],
    ...[items.map(({ productId, price, quantity }) => [productId, price, quantity]), shippingAddress, shippingZip],
  ];
  // Somebody who asks again to recommend is the same, whatever else is said of them.
  return createHash('sha256')
    .update(kind === 'affiliate_member' ? kind : JSON.stringify(same))
    .digest();
}

function bad(field: string, message: string): CoreError {
  return new CoreError('origin.bad_input', message, { field });
}
