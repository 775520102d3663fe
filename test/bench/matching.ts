/**
 * What a purchase costs that finds its advocate, with nothing there and with a million origins there, of one shop in one
 * run: by each way in which it can be found. Then whether anything is read from its beginning to its end.
 */
import { sql } from 'kysely';
import { randomUUID } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import type { Core } from '#core/core.js';
import type { NewOrigin } from '#core/origins/index.js';
import { recordClaim } from '#core/offer-claims/index.js';
import type { SharedOffer } from '#core/offers/index.js';
import { createOrigin } from '#core/referral-programme/index.js';
import type { Site } from '#core/sites/index.js';
import { openShop } from '../shop.js';
import type { World } from '../world.js';
import { openBenchApp } from './bench-app.js';

const ORIGINS = Number(process.env['SIDETONE_BENCH_ORIGINS'] ?? 1_000_000);
/** So many each has. */
const ORIGINS_OF_ONE = 10;
const PURCHASES = 200;
/** The first ones find nothing in memory. */
const UNCOUNTED = 20;

interface Friend {
  n: number;
  offerId: number;
  /** The same, as friends come by it. */
  visited: SharedOffer;
}

/** What is known of a friend before they buy, and what their purchase says. */
type Way = (core: Core, site: Site, friend: Friend) => Promise<Partial<NewOrigin>>;

const WAYS: Record<string, Way> = {
  nothing: () => Promise.resolve({}),
  cookie: async (core, site, { offerId }) => {
    const visitor = randomUUID();
    await claim(core, site, { offerId, visitor });
    return { visitor };
  },
  web_cookie: async (core, site, { n, offerId }) => {
    const visitor = randomUUID();
    await claim(core, site, { offerId, visitor });
    const person = await personOf(core, site, n);
    await core.db
      .insertInto('visitors')
      .values({ site_id: site.id, uuid: visitor, person_id: person, created_at: new Date(core.clock.now()) })
      .execute();
    return {};
  },
  gated_email: async (core, site, { n, offerId }) => {
    await claim(core, site, { offerId, person: await personOf(core, site, n) });
    return {};
  },
  coupon: async (core, _site, { visited }) => {
    const { rewards } = await recordClaim(core, visited, { channel: 'other', visitor: randomUUID(), ip: null });
    return { couponCodes: [rewards[0]?.coupon?.code ?? ''] };
  },
  phone_number: async (core, site, { n, offerId }) => {
    const phone = `+1202${String(2_000_000 + n)}`;
    const person = await personOf(core, site, n, { email: `other${n}@example.com`, phone });
    await claim(core, site, { offerId, person });
    return { person: { email: emailOf(n), phone } };
  },
  share_email: async (core, site, { n, offerId }) => {
    const at = new Date(core.clock.now());
    const { id } = await core.db
      .insertInto('shares')
      .values({ site_id: site.id, offer_id: offerId, channel: 'email', code: `bench${n}`, created_at: at })
      .returning('id')
      .executeTakeFirstOrThrow();
    await core.db
      .insertInto('share_recipients')
      .values({ share_id: id, site_id: site.id, offer_id: offerId, email: emailOf(n), sent_at: at })
      .execute();
    return {};
  },
  ip_address: async (core, site, { n, offerId }) => {
    const ip = `10.200.${n >> 8}.${n & 255}`;
    await claim(core, site, { offerId, ip });
    return { ip };
  },
};

let friends = 0;
const bench = await openBenchApp();
try {
  const { core } = bench.app.platform;
  const [account] = await bench.accounts(1);
  const { site, campaign, lists } = await openShop({ ...bench.app.platform, account } as unknown as World);
  const shop = site.test;
  const joined = await createOrigin(core, shop, {
    kind: 'affiliate_member',
    person: { email: 'advocate@example.com' },
  });
  if (joined.offer === null) throw new Error('nobody can recommend the shop');
  const empty = await measureAll(core, shop, joined.offer);
  const beganMs = performance.now();
  await fill(core, shop, { campaignId: campaign.test, listId: lists.test.friend });
  console.log(`${ORIGINS} origins written in ${((performance.now() - beganMs) / 1000).toFixed(0)} s`);
  const before = await scans(core);
  const full = await measureAll(core, shop, joined.offer);
  const after = await scans(core);
  console.log('found by       found      empty p50   p95        full p50    p95        ratio p50   p95');
  for (const [name, one] of Object.entries(empty)) {
    const other = full[name];
    if (other === undefined) continue;
    const ms = (value: number): string => `${value.toFixed(1)} ms`.padEnd(11);
    const found = `${other.found}/${PURCHASES}`.padEnd(10);
    const ratios = [other.p50 / one.p50, other.p95 / one.p95].map((ratio) => ratio.toFixed(2).padEnd(11));
    console.log(
      `${name.padEnd(14)} ${found} ${ms(one.p50)} ${ms(one.p95)} ${ms(other.p50)} ${ms(other.p95)} ${ratios.join(' ')}`,
    );
  }
  const whole = Object.keys(after).filter((table) => (after[table] ?? 0) > (before[table] ?? 0));
  console.log(`large tables that were read from beginning to end meanwhile: ${whole.join(', ') || 'none'}`);
} finally {
  await bench.close();
}

async function measureAll(
  core: Core,
  site: Site,
  visited: SharedOffer,
): Promise<Record<string, { p50: number; p95: number; found: number }>> {
  const results: Record<string, { p50: number; p95: number; found: number }> = {};
  for (const [name, way] of Object.entries(WAYS)) {
    const tookMs: number[] = [];
    let found = 0;
    for (let done = -UNCOUNTED; done < PURCHASES; done++) {
      const n = ++friends;
      const says = await way(core, site, { n, offerId: visited.offer.id, visited });
      const sentMs = performance.now();
      const { origin } = await createOrigin(core, site, {
        ...{ kind: 'purchase', person: { email: emailOf(n) }, number: `bench-${n}`, subtotal: 1000 },
        ...says,
      });
      if (done < 0) continue;
      tookMs.push(performance.now() - sentMs);
      const referral = await core.db
        .selectFrom('referrals')
        .select('track_method')
        .where('origin_id', '=', origin.id)
        .executeTakeFirst();
      if (referral?.track_method === name || (referral === undefined && name === 'nothing')) found++;
    }
    tookMs.sort((one, other) => one - other);
    const share = (part: number): number => tookMs[Math.floor(tookMs.length * part)] ?? 0;
    results[name] = { p50: share(0.5), p95: share(0.95), found };
  }
  return results;
}

function emailOf(n: number): string {
  return `friend${n}@example.com`;
}

async function personOf(
  core: Core,
  site: Site,
  n: number,
  { email = emailOf(n), phone = null }: { email?: string; phone?: string | null } = {},
): Promise<number> {
  const at = new Date(core.clock.now());
  const { id } = await core.db
    .insertInto('site_people')
    .values({ site_id: site.id, email, mailbox: email, phone, created_at: at, updated_at: at })
    .returning('id')
    .executeTakeFirstOrThrow();
  return id;
}

async function claim(
  core: Core,
  site: Site,
  { offerId, visitor, person, ip }: { offerId: number; visitor?: string; person?: number; ip?: string },
): Promise<void> {
  await core.db
    .insertInto('offer_claims')
    .values({
      ...{ site_id: site.id, offer_id: offerId, channel: 'other', visitor: visitor ?? randomUUID() },
      ...{ person_id: person ?? null, ip: ip ?? null, created_at: new Date(core.clock.now()) },
    })
    .execute();
}

/** What the shop that is filled has already. */
interface Records {
  campaignId: number;
  listId: number;
}

/**
 * People with a telephone and ten purchases each, an offer, ten friends who came by it with a browser and a letter each,
 * and a code that one of them was given.
 */
async function fill(core: Core, site: Site, { campaignId, listId }: Records): Promise<void> {
  const at = new Date(core.clock.now());
  const people = Math.ceil(ORIGINS / ORIGINS_OF_ONE);
  await sql`
    insert into site_people (site_id, email, mailbox, phone, created_at, updated_at)
    select ${site.id}, 'old' || n || '@example.com', 'old' || n || '@example.com', '+1303' || (2000000 + n),
      ${at}::timestamptz, ${at}::timestamptz
    from generate_series(1, ${people}::int) n`.execute(core.db);
  await sql`
    insert into origins (site_id, kind, category, number, person_id, digest, subtotal, coupon_codes, items, visitor, ip,
      labels, tags, happened_at, created_at)
    select ${site.id}, 'purchase', '', 'old-' || id || '-' || n, id, ''::bytea, 1000, '{}', '[]', gen_random_uuid(),
      '10.' || id % 100 || '.' || n || '.' || id % 250, '{}', '{}', ${at}::timestamptz, ${at}::timestamptz
    from site_people, generate_series(1, ${ORIGINS_OF_ONE}::int) n
    where site_id = ${site.id} and email like 'old%'`.execute(core.db);
  await sql`
    insert into offers (site_id, campaign_id, person_id, origin_id, code, created_at)
    select ${site.id}, ${campaignId}::bigint, person_id, min(id), 'old' || person_id, ${at}::timestamptz
    from origins where site_id = ${site.id} and number like 'old-%' group by person_id`.execute(core.db);
  await sql`
    insert into offer_claims (site_id, offer_id, channel, visitor, ip, person_id, created_at)
    select ${site.id}, id, 'other', gen_random_uuid(), '10.' || id % 100 || '.' || n || '.' || id % 250,
      case when n = 1 then person_id end, ${at}::timestamptz
    from offers, generate_series(1, ${ORIGINS_OF_ONE}::int) n
    where site_id = ${site.id} and code like 'old%'`.execute(core.db);
  await sql`
    insert into visitors (site_id, uuid, person_id, created_at)
    select ${site.id}, visitor, person_id, ${at}::timestamptz from offer_claims where site_id = ${site.id}
    on conflict do nothing`.execute(core.db);
  await sql`
    with given as (
      insert into shares (site_id, offer_id, channel, code, created_at)
      select ${site.id}, id, 'email', code, ${at}::timestamptz from offers where site_id = ${site.id} and code like 'old%'
      returning id, offer_id
    )
    insert into share_recipients (share_id, site_id, offer_id, email, sent_at)
    select id, ${site.id}, offer_id, 'told' || offer_id || '-' || n || '@example.com', ${at}::timestamptz
    from given, generate_series(1, ${ORIGINS_OF_ONE}::int) n`.execute(core.db);
  await sql`
    with given as (
      insert into coupons (site_id, list_id, code, issued_at, created_at)
      select ${site.id}, ${listId}::bigint, 'OLD' || id, ${at}::timestamptz, ${at}::timestamptz
      from offers where site_id = ${site.id} and code like 'old%'
      returning id, substr(code, 4)::bigint as offer_id
    )
    insert into rewards (site_id, campaign_id, offer_id, reason, once, status, incentive, kind, coupon_list_id, coupon_id,
      created_at)
    select ${site.id}, ${campaignId}::bigint, offer_id, 'referred', 'old' || offer_id, 'paid', 'friend', 'discount_coupon',
      ${listId}::bigint, id, ${at}::timestamptz
    from given`.execute(core.db);
  await sql`analyze`.execute(core.db);
}

/** How often each of the large tables was read whole. */
async function scans(core: Core): Promise<Record<string, number>> {
  // What a connection counted is told when it has nothing to do.
  await new Promise((resolve) => setTimeout(resolve, 2000));
  const { rows } = await sql<{ name: string; scans: number }>`
    select relname as name, seq_scan::int as scans from pg_stat_user_tables
    where relname in ('origins', 'offers', 'offer_claims', 'visitors', 'site_people', 'coupons', 'rewards', 'share_recipients')`.execute(
    core.db,
  );
  return Object.fromEntries(rows.map(({ name, scans: n }) => [name, n]));
}
