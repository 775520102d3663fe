import { sql, type Kysely } from 'kysely';

/** What leaderboards are counted by, and advocates found by their names. */
export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}

const STATEMENTS: readonly string[] = [
  `create index referrals_approved on referrals (campaign_id, advocate_id) include (origin_id) where status = 'approved'`,
  `alter table site_people add column name_key text`,
  // As far as letters of English go; the rest follows when the shop tells of somebody again.
  `update site_people set name_key = lower(btrim(last_name)) || ', ' || lower(btrim(first_name))
    where btrim(last_name) <> '' and btrim(first_name) <> ''`,
  `create index site_people_name on site_people (site_id, name_key) where name_key is not null`,
  // Other spellings of a mailbox than the plain one, by which most are known.
  `create index site_people_spelled on site_people (site_id, mailbox) where mailbox <> email`,
];
