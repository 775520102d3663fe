import { randomBytes } from 'node:crypto';
import { createKey, recordAudit } from '#core/accounts/index.js';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { newId } from '#core/ids.js';
import { checkCurrency, checkName, checkShopUrl, checkSlug, checkTimeZone } from '#core/sites/check-site.js';
import { changeSites } from '#core/sites/known-sites.js';
import { newSecurityKey } from '#core/sites/security-key.js';
import { toSite, type Site } from '#core/sites/site.js';
import type { Mode } from '#core/tables.js';

/** Of one account. */
const MOST_SITES = 100;

export interface CreateSite {
  accountId: string;
  /** In lower case, as in addresses. */
  slug: string;
  /** Default: the slug. */
  name?: string | undefined;
  /** Where friends land. Default: a page of this server that says whom they were sent by. */
  url?: string | undefined;
  /** ISO 4217. Default: the account's. */
  currency?: string | undefined;
  /** IANA. Default: the account's. */
  timeZone?: string | undefined;
  actor: string;
}

/** A site, and of each of its halves the keys, which are shown now and cannot be read again. */
export interface CreatedSite {
  site: Record<Mode, Site>;
  keys: Record<Mode, string>;
  /** See `security-key.ts`. */
  securityKeys: Record<Mode, string>;
}

/**
 * Makes a shop, its live half and its test half, each with its keys.
 * @throws CoreError `site.bad_input`, `site.slug_taken`, `site.too_many`, `account.not_found`
 */
export async function createSite(
  core: Pick<Core, 'db' | 'clock' | 'secrets' | 'settings' | 'knownSites'>,
  input: CreateSite,
): Promise<CreatedSite> {
  const { accountId, actor } = input;
  const slug = checkSlug(input.slug);
  const name = checkName(input.name ?? slug);
  const url = checkShopUrl(input.url ?? core.settings.publicUrl, 'url');
  const at = new Date(core.clock.now());
  return changeSites(core, async (tx) => {
    const within = { ...core, db: tx };
    // One after the other, so that the limit is exact.
    const account = await tx
      .selectFrom('accounts')
      .select(['currency', 'time_zone'])
      .where('id', '=', accountId)
      .forNoKeyUpdate()
      .executeTakeFirst();
    if (account === undefined) throw new CoreError('account.not_found', `There is no account "${accountId}".`);
    const currency = checkCurrency(input.currency ?? account.currency);
    const timeZone = checkTimeZone(input.timeZone ?? account.time_zone);
    const before = await tx.selectFrom('sites').select(['slug']).where('account_id', '=', accountId).execute();
    if (before.some((site) => site.slug === slug)) {
      throw new CoreError('site.slug_taken', `There is a site "${slug}" already.`, { field: 'slug' });
    }
    if (before.length >= 2 * MOST_SITES) {
      throw new CoreError('site.too_many', `An account has at most ${MOST_SITES} sites.`);
    }
    const half = async (mode: Mode): Promise<{ site: Site; key: string; securityKey: string }> => {
      const securityKey = newSecurityKey();
      const row = await tx
        .insertInto('sites')
        .values({
          ...{ id: newId('sit', at.getTime()), account_id: accountId, mode, slug, name, url },
          ...{ currency, time_zone: timeZone, public_id: randomBytes(12).toString('base64url') },
          ...{ security_key_encrypted: core.secrets.seal(securityKey), created_at: at, updated_at: at },
        })
        .returningAll()
        .executeTakeFirstOrThrow();
      const { secret } = await createKey(within, { accountId, mode, siteId: row.id, actor });
      await recordAudit(tx, { accountId, actor, action: 'site.create', subject: row.id, details: { slug, mode }, at });
      return { site: toSite(row), key: secret, securityKey };
    };
    const [live, test] = [await half('live'), await half('test')];
    return {
      site: { live: live.site, test: test.site },
      keys: { live: live.key, test: test.key },
      securityKeys: { live: live.securityKey, test: test.securityKey },
    };
  });
}
