import type { Transaction } from 'kysely';
import { CoreError } from '#core/errors.js';
import type { CheckedOrigin } from '#core/origins/new-origin.js';
import { toOrigin, type Origin } from '#core/origins/origin.js';
import { shippingKey } from '#core/origins/shipping-key.js';
import type { SitePerson } from '#core/site-people/index.js';
import type { Site } from '#core/sites/index.js';
import type { Tables } from '#core/tables.js';

/** The address that whoever is told of again has by now: they may have another one since. Undefined: it is new. */
export async function addressOfRepeated(
  tx: Transaction<Tables>,
  site: Pick<Site, 'id'>,
  { kind, category, number, digest }: CheckedOrigin,
): Promise<string | undefined> {
  if (number === null) return undefined;
  const known = await tx
    .selectFrom('origins')
    .innerJoin('site_people', 'site_people.id', 'origins.person_id')
    .select('site_people.email')
    .where('origins.site_id', '=', site.id)
    .where('kind', '=', kind)
    .where('category', '=', category)
    .where('number', '=', number)
    .where('digest', '=', digest)
    .executeTakeFirst();
  return known?.email ?? undefined;
}

/** The same again is the one that is there. @throws CoreError `origin.duplicate` */
export async function writeOrigin(
  tx: Transaction<Tables>,
  site: Site,
  checked: CheckedOrigin,
  person: SitePerson,
  at: Date,
): Promise<{ origin: Origin; repeated: boolean }> {
  const { kind, category } = checked;
  const number = kind === 'affiliate_member' ? String(person.id) : (checked.number ?? '');
  const inserted = await tx
    .insertInto('origins')
    .values({
      ...{ site_id: site.id, kind, category, number, person_id: person.id, digest: checked.digest },
      ...{ subtotal: checked.subtotal, coupon_codes: checked.couponCodes, items: JSON.stringify(checked.items) },
      shipping_address: checked.shippingAddress,
      shipping_zip: checked.shippingZip,
      shipping_key: shippingKey(checked.shippingAddress, checked.shippingZip),
      ...{ visitor: checked.visitor, ip: checked.ip, user_agent: checked.userAgent },
      ...{ traffic_source: checked.trafficSource, labels: JSON.stringify(checked.labels), tags: checked.tags },
      ...{ happened_at: checked.happenedAt, created_at: at },
    })
    .onConflict((conflict) => conflict.columns(['site_id', 'kind', 'category', 'number']).doNothing())
    .returningAll()
    .executeTakeFirst();
  if (inserted !== undefined) return { origin: toOrigin(inserted), repeated: false };
  const known = await tx
    .selectFrom('origins')
    .selectAll()
    .where('site_id', '=', site.id)
    .where('kind', '=', kind)
    .where('category', '=', category)
    .where('number', '=', number)
    .executeTakeFirstOrThrow();
  if (known.digest.equals(checked.digest)) return { origin: toOrigin(known), repeated: true };
  const what = kind === 'purchase' ? 'A purchase' : 'An event';
  throw new CoreError('origin.duplicate', `${what} of this number is there already, with other data.`, {
    field: 'number',
  });
}
