import type { Transaction } from 'kysely';
import { claimedVisitor } from '#core/browser-claims/index.js';
import type { Core } from '#core/core.js';
import { useCoupons } from '#core/coupons/index.js';
import { CoreError } from '#core/errors.js';
import { inTransaction } from '#core/in-transaction.js';
import { collectForOrigin } from '#core/loyalty/index.js';
import { offersFor, type Offer } from '#core/offers/index.js';
import { checkOrigin, type CheckedOrigin, type NewOrigin } from '#core/origins/new-origin.js';
import { originFacts } from '#core/origins/origin-facts.js';
import { toOrigin, type Origin } from '#core/origins/origin.js';
import { shippingKey } from '#core/origins/shipping-key.js';
import { matchReferral } from '#core/referrals/index.js';
import { linkVisitor, personFacts, upsertPerson, type SitePerson } from '#core/site-people/index.js';
import { siteFacts, type Site } from '#core/sites/index.js';
import type { Tables } from '#core/tables.js';
import { publishEvent } from '#core/webhooks/index.js';

export interface CreatedOrigin {
  origin: Origin;
  person: SitePerson;
  /** What they can pass on from now on; null: no campaign takes them. */
  offer: Offer | null;
  /** Whether it was there already, with the same data. */
  repeated: boolean;
}

/**
 * Writes down a purchase, an event, or that somebody wants to recommend the shop, with all that comes of it. The same
 * again changes nothing and answers the same.
 * @throws CoreError `origin.bad_input`, `origin.duplicate`, `site_person.bad_input`, `visitor.bad_input`
 */
export async function createOrigin(
  core: Pick<Core, 'db' | 'clock' | 'settings' | 'secrets' | 'wake'>,
  site: Site,
  input: NewOrigin & { createOffers?: boolean },
): Promise<CreatedOrigin> {
  const at = new Date(core.clock.now());
  const said = checkOrigin(site, input, at);
  const created = await inTransaction(core.db, async (tx) => {
    const person = await upsertPerson(tx, site, said.person, at);
    const { kind, category, number } = said;
    const visitor =
      said.visitor ?? (await claimedVisitor(tx, site, { kind, category, number, email: said.person.email }, at));
    const checked = { ...said, visitor };
    if (checked.visitor !== null) await linkVisitor(tx, site, checked.visitor, person.id, at);
    const { origin, repeated } = await insertOrFind(tx, site, checked, person, at);
    if (!repeated) {
      await tellOf(tx, site, person, origin, at);
      await matchReferral(tx, core, site, origin, person);
    }
    // Whoever asks again may name other campaigns, and another browser.
    const asked = { ...origin, tags: checked.tags, visitor: checked.visitor };
    const offer = input.createOffers === false ? null : await offersFor(tx, core, site, person, asked);
    if (!repeated) await useCoupons(tx, site, origin.couponCodes, at);
    // The row of a member is held last.
    await collectForOrigin(tx, core, site, person, origin);
    return { origin, person, offer, repeated };
  });
  core.wake.deliveries();
  core.wake.referrals();
  return created;
}

/** Of those who want to recommend, it is told that they joined a campaign. */
async function tellOf(
  tx: Transaction<Tables>,
  site: Site,
  person: SitePerson,
  origin: Origin,
  at: Date,
): Promise<void> {
  if (origin.kind === 'affiliate_member') return;
  await publishEvent(tx, {
    ...{ accountId: site.accountId, mode: site.mode, siteId: site.id, type: 'origin.registered', at },
    subject: String(origin.id),
    data: { ...siteFacts(site), person: personFacts(person), origin: originFacts(origin) },
  });
}

async function insertOrFind(
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
