import { sql, type Kysely } from 'kysely';

/** What leaderboards are counted by, and advocates found by their names. */
export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}

const STATEMENTS: readonly string[] = [
  `create index referrals_approved on referrals (campaign_id, advocate_id) include (origin_id) where status = 'approved'`,
  `create index site_people_name on site_people (site_id, lower(last_name), lower(first_name))
    where last_name is not null and first_name is not null`,
];
