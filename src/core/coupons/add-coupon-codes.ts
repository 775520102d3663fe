import { sql } from 'kysely';
import type { Core } from '#core/core.js';
import { bad } from '#core/coupons/check-coupon-list.js';
import { CODE_RULE, toCouponCode } from '#core/coupons/coupon-code.js';
import { audit } from '#core/coupons/save-coupon-list.js';
import { CoreError } from '#core/errors.js';
import { inTransaction } from '#core/in-transaction.js';
import type { Site } from '#core/sites/index.js';

/** In one request. */
export const MOST_CODES_AT_ONCE = 10_000;

export interface AddedCodes {
  added: number;
  /** Those that the site had already, in this list or in another. */
  existing: string[];
}

/**
 * Codes of the shop's own, to be handed out. Those that are there already stay what they are.
 * @throws CoreError `coupon_list.bad_input`, `coupon_list.not_found`
 */
export async function addCouponCodes(
  core: Pick<Core, 'db' | 'clock'>,
  site: Site,
  { listId, codes: texts, actor }: { listId: number; codes: readonly string[]; actor: string },
): Promise<AddedCodes> {
  if (texts.length > MOST_CODES_AT_ONCE) throw bad('codes', `At most ${MOST_CODES_AT_ONCE} codes are taken at once.`);
  const wrong = texts.findIndex((text) => toCouponCode(text) === undefined);
  if (wrong !== -1) throw bad(`codes.${wrong}`, `"${(texts[wrong] ?? '').slice(0, 50)}": ${CODE_RULE}`);
  // In one order, so that two who hand in the same never wait for each other in a circle.
  const codes = [...new Set(texts.map((text) => toCouponCode(text) ?? ''))].sort();
  const at = new Date(core.clock.now());
  return inTransaction(core.db, async (tx) => {
    const list = await tx
      .selectFrom('coupon_lists')
      .select(['prefix', 'single_use'])
      .where('site_id', '=', site.id)
      .where('id', '=', listId)
      .forNoKeyUpdate()
      .executeTakeFirst();
    if (list === undefined) throw new CoreError('coupon_list.not_found', 'No coupon list found by its id.');
    if (list.prefix !== null && list.single_use && codes.length > 0) {
      throw bad('codes', 'A list with a prefix makes its own codes, and hands out no others.');
    }
    const { rows } = await sql<{ code: string }>`
      insert into coupons (site_id, list_id, code, created_at)
      select ${site.id}, ${listId}, code, ${at} from unnest(${codes}::text[]) as given (code)
      on conflict (site_id, code) do nothing
      returning code`.execute(tx);
    const fresh = new Set(rows.map(({ code }) => code));
    if (fresh.size > 0) {
      await tx.updateTable('coupon_lists').set({ refill_asked_at: null }).where('id', '=', listId).execute();
      await audit(tx, site, { actor, action: 'add_codes', id: listId, details: { added: fresh.size }, at });
    }
    return { added: fresh.size, existing: codes.filter((code) => !fresh.has(code)) };
  });
}
