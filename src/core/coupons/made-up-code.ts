import type { Transaction } from 'kysely';
import { randomCode } from '#core/random-code.js';
import type { Site } from '#core/sites/index.js';
import type { Tables } from '#core/tables.js';

/** With a million codes out, one guess in some 800 million is one of them. */
const LENGTH = 10;

/** A made-up code that was there already is made up again; more often than this, something else is wrong. */
export const MOST_TRIES = 5;

/** `ADV` -> `ADV7K2MWQ9XCF`. */
export function madeUpCode(prefix: string): string {
  return (prefix + randomCode(LENGTH)).toUpperCase();
}

/** Codes that the site does not have, in no list yet. */
export async function freshCodes(tx: Transaction<Tables>, site: Pick<Site, 'id'>, count: number): Promise<string[]> {
  const fresh = new Set<string>();
  for (let left = MOST_TRIES; left > 0 && fresh.size < count; left--) {
    const made = Array.from({ length: count - fresh.size }, () => madeUpCode(''));
    const there = await tx
      .selectFrom('coupons')
      .select('code')
      .where('site_id', '=', site.id)
      .where('code', 'in', made)
      .execute();
    for (const code of made) if (!there.some((coupon) => coupon.code === code)) fresh.add(code);
  }
  if (fresh.size < count) throw new Error(`no codes could be made up for the site ${site.id}`);
  return [...fresh];
}
