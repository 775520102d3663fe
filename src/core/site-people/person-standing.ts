import { sql } from 'kysely';
import type { Db } from '#core/core.js';

/** Whom somebody brought, and the points they have, for those who are told that they joined. It can be kept as JSON. */
export interface PersonStanding {
  referrals: { total: number; approved: number; pending: number };
  /** Null: they collect none. */
  member: { id: number; active: boolean; points: number; dates: Record<string, string>; joinedAt: string } | null;
}

interface Row extends Pick<PersonStanding, 'referrals'> {
  id: number | null;
  active: boolean;
  points: number;
  dates: Record<string, string>;
  joined_at: Date;
}

export async function standingOf(db: Db, personId: number): Promise<PersonStanding> {
  const { rows } = await sql<Row>`
    select member.id, member.active, member.balance as points, member.dates, member.created_at as joined_at,
      (
        select jsonb_build_object('total', count(*), 'approved', count(*) filter (where status = 'approved'),
          'pending', count(*) filter (where status = 'pending'))
        from referrals where advocate_id = ${personId}
      ) as referrals
    from (select) as nothing left join loyalty_members member on member.person_id = ${personId}`.execute(db);
  const [row] = rows;
  if (row === undefined) throw new Error('nothing was read of how somebody stands');
  const { id, active, points, dates, joined_at: joined, referrals } = row;
  return { referrals, member: id === null ? null : { id, active, points, dates, joinedAt: joined.toISOString() } };
}
