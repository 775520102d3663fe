import { sql } from 'kysely';
import type { Core } from '#core/core.js';
import { inTransaction } from '#core/in-transaction.js';
import { plainIp } from '#core/network.js';
import { linkVisitor } from '#core/site-people/index.js';
import type { Site } from '#core/sites/index.js';

/** Of one browser at one site: nobody buys more in the days for which a claim is kept. */
const MOST_OF_VISITOR = 200;
const LONGEST_AGENT = 500;

export interface BrowserSays {
  visitor: string;
  kind: 'purchase' | 'event';
  /** Of an event. */
  category?: string;
  /** Of an order or an event. */
  number: string;
  /** In lower case: whoever buys. */
  email: string;
  ip: string;
  userAgent: string | undefined;
}

/**
 * Writes down what a browser says; the first time counts. It earns nothing: a shop's own call with the same number and the
 * same address takes the browser from it. Gives whether it was written.
 */
export async function recordBrowserClaim(
  core: Pick<Core, 'db' | 'clock'>,
  site: Site,
  says: BrowserSays,
): Promise<boolean> {
  const at = new Date(core.clock.now());
  const { visitor, kind, category = '', number, email, ip, userAgent } = says;
  const data = JSON.stringify({ email, ip: plainIp(ip), userAgent: userAgent?.slice(0, LONGEST_AGENT) });
  return inTransaction(core.db, async (tx) => {
    await linkVisitor(tx, site, visitor, null, at);
    const { rows } = await sql<{ id: number }>`
      insert into browser_claims (site_id, visitor, kind, category, number, data, created_at)
      select ${site.id}, ${visitor}::uuid, ${kind}, ${category}, ${number}, ${data}::jsonb, ${at}
      where (
        select count(*) from (
          select 1 from browser_claims where site_id = ${site.id} and visitor = ${visitor}::uuid limit ${MOST_OF_VISITOR}
        ) as said
      ) < ${MOST_OF_VISITOR}
      on conflict (site_id, kind, category, number, visitor) do nothing
      returning id`.execute(tx);
    return rows.length > 0;
  });
}
