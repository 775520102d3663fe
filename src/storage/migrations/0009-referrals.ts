import { sql, type Kysely } from 'kysely';

/** Referral programmes: sites, what they promise, who recommended them to whom, and what was given for it. */
export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}

const STATEMENTS: readonly string[] = [
  // One row of numbers for everything with a whole number for its id, so that an id names one thing alone.
  `create sequence referral_ids`,

  // A shop. Its live and its test half are two rows of one slug; everything below is of a site, and so of a mode.
  `create table sites (
    id text primary key,
    account_id text not null references accounts on delete cascade,
    mode text not null check (mode in ('live', 'test')),
    slug text not null,
    name text not null,
    url text not null,
    -- ISO 4217; amounts are in its minor units.
    currency text not null,
    time_zone text not null,
    -- What pages of the shop show: it names the site, and allows nothing.
    public_id text not null unique,
    -- Signs webhooks and the identity of visitors.
    security_key_encrypted bytea not null,
    -- What differs from the defaults: core/sites/site-settings.ts.
    settings jsonb not null default '{}',
    created_at timestamptz not null,
    updated_at timestamptz not null,
    unique (account_id, mode, slug)
  )`,
  // A key of one site reaches no other.
  `alter table api_keys add column site_id text references sites on delete cascade`,
  `alter table webhook_endpoints add column site_id text references sites on delete cascade`,
  `alter table webhook_endpoints drop constraint webhook_endpoints_account_id_mode_dialect_url_of_event_key`,
  `create unique index webhook_endpoints_url on webhook_endpoints (account_id, mode, dialect, url, of_event, site_id)
    nulls not distinct`,
  // What the server did for a site, hour by hour: milliseconds of its handlers and of the database.
  `create table site_hours (
    site_id text not null references sites on delete cascade,
    hour timestamptz not null,
    used_ms double precision not null default 0,
    requests integer not null default 0,
    throttled integer not null default 0,
    primary key (site_id, hour)
  )`,

  // What is promised to whom; the shape of its settings: core/referral-campaigns/referral-campaign.ts.
  `create table referral_campaigns (
    id bigint primary key default nextval('referral_ids'),
    site_id text not null references sites on delete cascade,
    slug text not null,
    name text not null,
    kind text not null,
    status text not null check (status in ('live', 'test', 'disabled')),
    tags text[] not null default '{}',
    -- It is not open before the one, nor from the other on.
    starts_at timestamptz,
    ends_at timestamptz,
    settings jsonb not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    unique (site_id, slug)
  )`,
  `create table coupon_lists (
    id bigint primary key default nextval('referral_ids'),
    site_id text not null references sites on delete cascade,
    name text not null,
    -- One of the two: minor units, or hundredths of a per cent.
    amount bigint,
    percentage integer,
    description text,
    -- Whether each code is for one person alone; else all get the same one.
    single_use boolean not null,
    -- Of a code that is for many; null: without end.
    usage_limit integer,
    -- The end of its codes: a moment, or so many days after the hand-out.
    expires_at timestamptz,
    valid_days integer,
    -- Codes are made up with it as they are needed; null: they are handed in, or asked for by webhook.
    prefix text,
    -- When fewer are left, the shop is asked for more.
    refill_below integer,
    refill_asked_at timestamptz,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    unique (site_id, name)
  )`,
  // Whoever a site knows: those who recommend, and those who are recommended.
  `create table site_people (
    id bigint primary key default nextval('referral_ids'),
    site_id text not null references sites on delete cascade,
    -- Lower case.
    email text,
    -- The mailbox behind it: without what follows a plus, and without the dots that its provider does not read.
    mailbox text,
    -- E.164.
    phone text,
    username text,
    customer_id text,
    first_name text,
    last_name text,
    gender text,
    properties jsonb not null default '{}',
    -- What they chose of letters, and when.
    sub_choice text,
    subscribed_at timestamptz,
    opted_in_at timestamptz,
    phone_opted_in_at timestamptz,
    unsubscribed_at timestamptz,
    anonymized_at timestamptz,
    created_at timestamptz not null,
    updated_at timestamptz not null
  )`,
  `create unique index site_people_email on site_people (site_id, email)`,
  `create unique index site_people_username on site_people (site_id, lower(username))`,
  `create unique index site_people_customer on site_people (site_id, customer_id)`,
  `create index site_people_phone on site_people (site_id, phone) where phone is not null`,
  `create index site_people_mailbox on site_people (site_id, mailbox) where mailbox is not null`,
  // A browser, by the UUID in its cookie.
  `create table visitors (
    site_id text not null references sites on delete cascade,
    uuid uuid not null,
    person_id bigint references site_people on delete set null,
    created_at timestamptz not null,
    primary key (site_id, uuid)
  )`,
  `create index visitors_person on visitors (person_id) where person_id is not null`,

  // A purchase, an event, or the wish to recommend.
  `create table origins (
    id bigint primary key default nextval('referral_ids'),
    site_id text not null references sites on delete cascade,
    kind text not null check (kind in ('affiliate_member', 'purchase', 'event')),
    -- Of an event; else empty.
    category text not null default '',
    -- Of an order or an event; of an affiliate member their id.
    number text not null,
    person_id bigint not null references site_people,
    -- Of what makes it the same: another one of this number with another digest is refused.
    digest bytea not null,
    -- Minor units of the site's currency.
    subtotal bigint,
    coupon_codes text[] not null default '{}',
    items jsonb not null default '[]',
    shipping_address text,
    shipping_zip text,
    -- The address in one way of writing.
    shipping_key text,
    visitor uuid,
    ip text,
    user_agent text,
    traffic_source text,
    -- Segments and utm_…: what the shop says of where it came from.
    labels jsonb not null default '{}',
    tags text[] not null default '{}',
    -- When it happened, as the shop says.
    happened_at timestamptz not null,
    created_at timestamptz not null,
    refunded_at timestamptz,
    refunded bigint,
    unique (site_id, kind, category, number)
  )`,
  `create index origins_person on origins (person_id, id)`,
  `create index origins_traffic on origins (site_id, traffic_source) where traffic_source is not null`,
  `create index origins_age on origins (site_id, created_at)`,
  `create index origins_ip on origins (site_id, ip, created_at) where ip is not null`,
  `create index origins_visitor on origins (site_id, visitor) where visitor is not null`,
  `create index origins_shipping on origins (site_id, shipping_key) where shipping_key is not null`,

  // What an advocate can pass on: one for each person and campaign.
  `create table offers (
    id bigint primary key default nextval('referral_ids'),
    site_id text not null references sites on delete cascade,
    campaign_id bigint not null references referral_campaigns,
    person_id bigint not null references site_people,
    -- The origin that it was first made for.
    origin_id bigint not null references origins,
    -- In links.
    code text not null unique,
    -- A code of the advocate's own that friends may type in; null: there is none.
    coupon_code text,
    traffic_source text,
    -- Until when friends may come by it; null: without end.
    expires_at timestamptz,
    created_at timestamptz not null,
    unique (person_id, campaign_id)
  )`,
  `create index offers_age on offers (site_id, created_at)`,
  `create unique index offers_coupon on offers (site_id, coupon_code) where coupon_code is not null`,
  // An offer that was shown in a browser.
  `create table visitor_offers (
    id bigint primary key default nextval('referral_ids'),
    site_id text not null references sites on delete cascade,
    offer_id bigint not null references offers on delete cascade,
    visitor uuid not null,
    visited_at timestamptz,
    created_at timestamptz not null,
    unique (offer_id, visitor)
  )`,
  `create table shares (
    id bigint primary key default nextval('referral_ids'),
    site_id text not null references sites on delete cascade,
    offer_id bigint not null references offers on delete cascade,
    -- 'email' is by letters; others are links for the advocate's own hands.
    channel text not null,
    -- In its own link.
    code text not null unique,
    created_at timestamptz not null
  )`,
  `create index shares_offer on shares (offer_id, id)`,
  `create index shares_age on shares (site_id, created_at)`,
  `create table share_recipients (
    share_id bigint not null references shares on delete cascade,
    site_id text not null references sites on delete cascade,
    offer_id bigint not null references offers on delete cascade,
    -- Lower case. Null once it was erased.
    email text,
    sent_at timestamptz not null,
    reminder_at timestamptz,
    reminded_at timestamptz
  )`,
  `create index share_recipients_share on share_recipients (share_id)`,
  `create unique index share_recipients_once on share_recipients (offer_id, email) where email is not null`,
  `create index share_recipients_email on share_recipients (site_id, email) where email is not null`,
  `create index share_recipients_reminders on share_recipients (reminder_at) where reminder_at is not null`,
  // Who wants no letters from a site, as a keyed hash of the address: it outlives everything else about them.
  `create table email_opt_outs (
    site_id text not null references sites on delete cascade,
    hash bytea not null,
    at timestamptz not null,
    primary key (site_id, hash)
  )`,
  // A friend who came by an offer.
  `create table offer_claims (
    id bigint primary key default nextval('referral_ids'),
    site_id text not null references sites on delete cascade,
    offer_id bigint not null references offers on delete cascade,
    share_id bigint references shares on delete set null,
    channel text not null,
    visitor uuid,
    -- Once they said who they are.
    person_id bigint references site_people on delete set null,
    ip text,
    user_agent text,
    -- Until when a purchase counts; null: without end.
    expires_at timestamptz,
    created_at timestamptz not null
  )`,
  `create index offer_claims_offer on offer_claims (offer_id, id)`,
  `create index offer_claims_visitor on offer_claims (site_id, visitor, id) where visitor is not null`,
  `create index offer_claims_person on offer_claims (person_id, id) where person_id is not null`,
  `create index offer_claims_ip on offer_claims (site_id, ip, created_at) where ip is not null`,
  `create index offer_claims_age on offer_claims (site_id, created_at)`,
  // What a browser says of its visitor: it earns nothing until the shop's own server says the same, or signs it.
  `create table browser_claims (
    id bigint primary key default nextval('referral_ids'),
    site_id text not null references sites on delete cascade,
    visitor uuid not null,
    kind text not null check (kind in ('identity', 'purchase', 'event')),
    category text not null default '',
    -- Of an order or an event; of an identity the address.
    number text not null,
    data jsonb not null,
    confirmed_at timestamptz,
    created_at timestamptz not null,
    unique (site_id, kind, category, number, visitor)
  )`,
  `create index browser_claims_age on browser_claims (created_at)`,

  // A friend's purchase or event that an advocate brought.
  `create table referrals (
    id bigint primary key default nextval('referral_ids'),
    site_id text not null references sites on delete cascade,
    campaign_id bigint not null references referral_campaigns,
    offer_id bigint not null references offers,
    advocate_id bigint not null references site_people,
    friend_id bigint not null references site_people,
    -- An origin is referred once.
    origin_id bigint not null unique references origins,
    claim_id bigint references offer_claims on delete set null,
    channel text,
    status text not null check (status in ('pending', 'flagged', 'approved', 'voided', 'blocked')),
    track_method text not null,
    -- What every fraud check found, and what follows from it.
    fraud jsonb not null,
    -- When it is decided by itself; null: it is decided, or waits for somebody.
    decides_at timestamptz,
    decided_by text,
    -- An approved one whose rewards wait until the shop has heard of it: the event.
    awaits_event text,
    created_at timestamptz not null,
    updated_at timestamptz not null
  )`,
  `create index referrals_due on referrals (decides_at) where decides_at is not null`,
  `create index referrals_awaits on referrals (awaits_event) where awaits_event is not null`,
  `create index referrals_advocate on referrals (advocate_id, id)`,
  `create index referrals_friend on referrals (friend_id, id)`,
  `create index referrals_offer on referrals (offer_id, id)`,
  `create index referrals_age on referrals (site_id, created_at)`,

  `create table coupons (
    id bigint primary key default nextval('referral_ids'),
    site_id text not null references sites on delete cascade,
    list_id bigint not null references coupon_lists on delete cascade,
    -- Upper case.
    code text not null,
    -- Whose it is; null: nobody's yet, or everybody's.
    person_id bigint references site_people on delete set null,
    issued_at timestamptz,
    expires_at timestamptz,
    used_at timestamptz,
    usages integer not null default 0,
    voided_at timestamptz,
    created_at timestamptz not null,
    unique (site_id, code)
  )`,
  `create index coupons_free on coupons (list_id, id) where issued_at is null and voided_at is null`,
  `create index coupons_person on coupons (person_id) where person_id is not null`,
  `create table rewards (
    id bigint primary key default nextval('referral_ids'),
    site_id text not null references sites on delete cascade,
    campaign_id bigint not null references referral_campaigns,
    offer_id bigint references offers,
    referral_id bigint references referrals,
    claim_id bigint references offer_claims on delete set null,
    origin_id bigint references origins,
    person_id bigint references site_people,
    visitor uuid,
    reason text not null check (reason in ('signup', 'shared', 'click', 'referrer', 'referred')),
    -- What it is for, so that it is given once.
    once text not null,
    status text not null check (status in ('unpaid', 'paid', 'voided')),
    incentive text not null,
    kind text not null check (kind in ('rebate', 'discount_coupon', 'other')),
    -- Minor units, or hundredths of a per cent.
    amount bigint,
    percentage integer,
    description text,
    custom_description text,
    coupon_list_id bigint references coupon_lists,
    coupon_id bigint references coupons,
    -- Whether its code is the same for everybody.
    coupon_shared boolean not null default false,
    -- Why it was not given, or taken back.
    void_reason text,
    created_at timestamptz not null,
    paid_at timestamptz,
    voided_at timestamptz,
    unique (site_id, once)
  )`,
  `create unique index rewards_coupon on rewards (coupon_id) where coupon_id is not null and not coupon_shared`,
  `create index rewards_person on rewards (person_id, id) where person_id is not null`,
  `create index rewards_visitor on rewards (site_id, visitor, id) where visitor is not null`,
  `create index rewards_referral on rewards (referral_id) where referral_id is not null`,
  `create index rewards_waiting on rewards (coupon_list_id, id) where status = 'unpaid' and coupon_list_id is not null`,
  `create index rewards_age on rewards (site_id, created_at)`,

  // Many origins at once: accepted, and made one after the other.
  `create table origin_batches (
    id text primary key,
    site_id text not null references sites on delete cascade,
    kind text not null check (kind in ('affiliate_member', 'purchase', 'event')),
    create_offers boolean not null,
    total integer not null,
    done integer not null default 0,
    failed integer not null default 0,
    node_id integer,
    -- When it last had its turn.
    worked_at timestamptz,
    created_at timestamptz not null,
    ended_at timestamptz
  )`,
  `create index origin_batches_open on origin_batches (created_at) where ended_at is null`,
  `create index origin_batches_age on origin_batches (site_id, created_at)`,
  `create table origin_batch_rows (
    batch_id text not null references origin_batches on delete cascade,
    -- 0-based, as in the request.
    row integer not null,
    -- Null once it was worked on.
    data jsonb,
    origin_id bigint references origins on delete set null,
    error text,
    field text,
    primary key (batch_id, row)
  )`,

  `create table loyalty_members (
    id bigint primary key default nextval('referral_ids'),
    site_id text not null references sites on delete cascade,
    person_id bigint not null unique references site_people on delete cascade,
    campaign_id bigint references referral_campaigns,
    active boolean not null,
    balance bigint not null default 0 check (balance >= 0),
    -- Birthdays and the like: {identifier: date}.
    dates jsonb not null default '{}',
    created_at timestamptz not null,
    updated_at timestamptz not null
  )`,
  // The ledger of points: nothing in it changes.
  `create table loyalty_actions (
    id bigint primary key default nextval('referral_ids'),
    member_id bigint not null references loyalty_members on delete cascade,
    kind text not null check (kind in ('collect', 'redeem', 'adjust', 'take_back')),
    -- The action's identifier in its campaign.
    action text,
    points bigint not null,
    balance_after bigint not null,
    -- What it was for, so that it is given once; null: as often as it is done.
    once text,
    details jsonb not null default '{}',
    origin_id bigint references origins,
    coupon_id bigint references coupons,
    -- Who adjusted it.
    actor text,
    created_at timestamptz not null,
    unique (member_id, once)
  )`,
  `create index loyalty_actions_member on loyalty_actions (member_id, id)`,
  // What points can be redeemed for.
  `create table redemption_batches (
    id bigint primary key default nextval('referral_ids'),
    campaign_id bigint not null references referral_campaigns on delete cascade,
    coupon_list_id bigint not null references coupon_lists,
    description text not null,
    points_cost bigint not null check (points_cost > 0),
    position integer not null,
    removed_at timestamptz
  )`,
  `create index redemption_batches_campaign on redemption_batches (campaign_id, position)`,

  // Pictures and the like for pages of campaigns.
  `create table assets (
    id bigint primary key default nextval('referral_ids'),
    site_id text not null references sites on delete cascade,
    name text not null,
    content_type text not null,
    bytes bigint not null,
    width integer,
    height integer,
    -- Of its bytes, in its address.
    fingerprint text not null,
    -- Relative to the folder of uploads.
    file text not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    unique (site_id, name)
  )`,

  // Letters of a site: those in test mode stay here, and each says how to get no more.
  `alter table emails add column mode text not null default 'live' check (mode in ('live', 'test'))`,
  `alter table emails add column unsubscribe_url text`,
  `alter table emails add column reply_to text`,
];
