import { sql, type Transaction } from 'kysely';
import type { SitePerson } from '#core/site-people/site-person.js';
import type { Site } from '#core/sites/index.js';
import type { Tables } from '#core/tables.js';
import { forgetTheseEvents } from '#core/webhooks/index.js';

/** Of whatever events tell of somebody: the ids that those have for their subjects. */
export async function subjectsOf(tx: Transaction<Tables>, { id, siteId, email }: SitePerson): Promise<string[]> {
  const { rows } = await sql<{ id: number }>`
    with own_offers as (select id from offers where person_id = ${id}),
      own_referrals as (select id from referrals where advocate_id = ${id} union select id from referrals where friend_id = ${id})
    select ${id}::bigint as id
    union select id from origins where person_id = ${id}
    union select id from own_offers
    union select id from shares where offer_id in (select id from own_offers)
    union select share_id from share_recipients where site_id = ${siteId} and email = ${email}
    union select id from offer_claims where person_id = ${id} or offer_id in (select id from own_offers)
    union select id from own_referrals
    union select id from rewards where person_id = ${id} or referral_id in (select id from own_referrals)
    union select id from loyalty_members where person_id = ${id}`.execute(tx);
  return rows.map((row) => String(row.id));
}

/** Takes what says who they are out of everything that is of them, or was sent to them. */
export async function eraseTraces(tx: Transaction<Tables>, site: Site, person: SitePerson): Promise<void> {
  const { id, email } = person;
  const visitors = tx.selectFrom('visitors').select('uuid').where('site_id', '=', site.id).where('person_id', '=', id);
  await eraseBrowsers(tx, site, person);
  await tx
    .updateTable('origins')
    .set({
      ...{ shipping_address: null, shipping_zip: null, shipping_key: null, visitor: null, ip: null },
      // The same order sent again is no longer the same: nothing of them is answered.
      ...{ user_agent: null, labels: '{}', digest: Buffer.alloc(0) },
    })
    .where('person_id', '=', id)
    .execute();
  await tx
    .updateTable('offer_claims')
    .set({ visitor: null, shop_visitor: null, ip: null, network: null, user_agent: null })
    .where((claim) =>
      claim.or([claim('person_id', '=', id), claim('visitor', 'in', visitors), claim('shop_visitor', 'in', visitors)]),
    )
    .where('site_id', '=', site.id)
    .execute();
  await tx.updateTable('rewards').set({ visitor: null }).where('person_id', '=', id).execute();
  await tx.updateTable('loyalty_members').set({ dates: '{}', active: false }).where('person_id', '=', id).execute();
  // What the checks compared: addresses, telephones, browsers.
  await sql`
    update referrals set fraud = (
      select coalesce(jsonb_agg(finding || '{"evidence": null}'), '[]') from jsonb_array_elements(fraud) as finding
    ) where advocate_id = ${id} or friend_id = ${id}`.execute(tx);
  await eraseLetters(tx, site, person);
  // Somebody who was waiting for a code of a list, which is the subject.
  const { rows: waits } = await sql<{ id: string }>`
    select id from events where account_id = ${site.accountId} and mode = ${site.mode}
      and type = 'coupons.wanted' and data -> 'person' ->> 'id' = ${String(id)}`.execute(tx);
  await forgetTheseEvents(
    tx,
    waits.map((event) => event.id),
  );
  if (email !== null) await eraseWords(tx, site, email);
  await tx.deleteFrom('visitors').where('site_id', '=', site.id).where('person_id', '=', id).execute();
  await tx.deleteFrom('visitor_people').where('person_id', '=', id).execute();
}

/** What whatever browser said of the address, and rows of batches that wait to be made. */
async function eraseWords(tx: Transaction<Tables>, site: Site, email: string): Promise<void> {
  await tx
    .deleteFrom('browser_claims')
    .where('site_id', '=', site.id)
    .where(sql<string>`data ->> 'email'`, '=', email)
    .execute();
  await sql`
    update origin_batch_rows set data = null, error = 'This person was erased.', field = 'email'
    where batch_id in (select id from origin_batches where site_id = ${site.id} and ended_at is null)
      and lower(trim(data -> 'person' ->> 'email')) = ${email}`.execute(tx);
}

/** What browsers of theirs said, and were shown. */
async function eraseBrowsers(tx: Transaction<Tables>, site: Site, { id }: SitePerson): Promise<void> {
  for (const table of ['browser_claims', 'visitor_offers'] as const) {
    await tx
      .deleteFrom(table)
      .where('site_id', '=', site.id)
      .where('visitor', 'in', (from) =>
        from.selectFrom('visitors').select('uuid').where('site_id', '=', site.id).where('person_id', '=', id),
      )
      .execute();
  }
}

/** Letters to them, and letters in their name, sent or not; whom they were sent to. */
async function eraseLetters(tx: Transaction<Tables>, site: Site, { id, email }: SitePerson): Promise<void> {
  const ownShares = tx
    .selectFrom('shares')
    .innerJoin('offers', 'offers.id', 'shares.offer_id')
    .where('offers.person_id', '=', id);
  await tx
    .deleteFrom('emails')
    .where('site_id', '=', site.id)
    .where((letter) =>
      letter.or([
        letter('about', 'in', ownShares.select(sql<string>`'share:' || shares.id`.as('about'))),
        letter('to_address', '=', email ?? ''),
      ]),
    )
    .execute();
  await tx
    .updateTable('share_recipients')
    .set({ email: null, reminder_at: null })
    .where('site_id', '=', site.id)
    .where((recipient) =>
      recipient.or([recipient('share_id', 'in', ownShares.select('shares.id')), recipient('email', '=', email ?? '')]),
    )
    .execute();
}
