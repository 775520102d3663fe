import { sql, type Kysely } from 'kysely';

/** What rewards, coupons, points and browsers are found by; what nothing was found by is gone. */
export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}

const STATEMENTS: readonly string[] = [
  `create index rewards_offer on rewards (offer_id, incentive) where offer_id is not null`,
  `create index coupons_list on coupons (list_id, id)`,
  `create index loyalty_actions_origin on loyalty_actions (origin_id) where origin_id is not null`,
  `create index loyalty_members_site on loyalty_members (site_id)`,
  `create index browser_claims_visitor on browser_claims (site_id, visitor)`,
  `drop index origins_ip`,
  `drop index origins_visitor`,
  `drop index origins_shipping`,
  `drop index site_people_mailbox`,
  // By which friends who come are counted: core/network.ts. Those of before the change are counted no more.
  `alter table offer_claims add column network text`,
  `create index offer_claims_network on offer_claims (offer_id, network, created_at) where network is not null`,
  // No till knew such a code: friends have codes of their own, of lists that the shop knows.
  `alter table offers drop column coupon_code`,
  // How the shop's pages know the browser that came; the other one is known here alone, and told to nobody.
  `alter table offer_claims add column shop_visitor uuid`,
  `create index offer_claims_shop_visitor on offer_claims (site_id, shop_visitor, id) where shop_visitor is not null`,
  // A site can be removed with all that is of it: what is looked at then is found by index.
  `alter table loyalty_actions drop constraint loyalty_actions_origin_id_fkey,
    add foreign key (origin_id) references origins on delete set null,
    drop constraint loyalty_actions_coupon_id_fkey,
    add foreign key (coupon_id) references coupons on delete set null`,
  `create index loyalty_actions_coupon on loyalty_actions (coupon_id) where coupon_id is not null`,
  `create index offers_origin on offers (origin_id)`,
  `create index offer_claims_share on offer_claims (share_id) where share_id is not null`,
  `create index referrals_claim on referrals (claim_id) where claim_id is not null`,
  `create index rewards_origin on rewards (origin_id) where origin_id is not null`,
  `create index rewards_claim on rewards (claim_id) where claim_id is not null`,
  `create index rewards_any_coupon on rewards (coupon_id) where coupon_id is not null`,
  `create index origin_batch_rows_origin on origin_batch_rows (origin_id) where origin_id is not null`,
  // Whose letter it is, so that one site never ends those of another.
  `alter table emails add column site_id text references sites on delete cascade`,
  `update emails set site_id = shares.site_id from shares where emails.about = 'share:' || shares.id`,
  `create index emails_reader on emails (site_id, to_address) where site_id is not null`,
  // What is erased and purged is found by these.
  `create index browser_claims_email on browser_claims (site_id, (data ->> 'email'))`,
  `create index visitor_offers_visitor on visitor_offers (site_id, visitor)`,
  `create index visitors_strange on visitors (created_at) where person_id is null`,
  `create index origin_batches_ended on origin_batches (ended_at) where ended_at is not null`,
  `create index site_hours_age on site_hours (hour)`,
  // Nobody ever read or set them.
  `alter table browser_claims drop column confirmed_at`,
  `alter table share_recipients drop column reminded_at`,
  `alter table site_people drop column gender, drop column phone_opted_in_at`,
  `update referral_campaigns set settings = settings - 'appearance'`,
  // A door says by it why a row was refused.
  `alter table origin_batch_rows add column code text`,
  // Everybody whom a browser was ever known to be of; visitors names the last.
  `create table visitor_people (
    site_id text not null references sites on delete cascade,
    uuid uuid not null,
    person_id bigint not null references site_people on delete cascade,
    created_at timestamptz not null,
    primary key (site_id, uuid, person_id)
  )`,
  `create index visitor_people_person on visitor_people (person_id)`,
  `insert into visitor_people
    select site_id, uuid, person_id, created_at from visitors where person_id is not null
    union all
    select shown.site_id, shown.visitor, offers.person_id, shown.created_at from visitor_offers shown
      join offers on offers.id = shown.offer_id
    on conflict do nothing`,
  // How many approved referrals it was given for; null: its incentive counts none.
  `alter table rewards add column milestone integer`,
  // Codes end with their list, whenever that is by now; an end of their own they have by valid_days alone.
  `update coupon_lists set valid_days = null where not single_use`,
  `update coupons set expires_at = null from coupon_lists list
    where list.id = coupons.list_id and list.valid_days is null and coupons.expires_at is not null`,
  // For each reward that waits the shop is asked for a code once. Those that waited without a referral asked when they came.
  `alter table rewards add column asked_at timestamptz`,
  `update rewards set asked_at = created_at
    where status = 'unpaid' and coupon_list_id is not null and referral_id is null`,
];
