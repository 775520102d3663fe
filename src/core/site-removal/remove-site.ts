import { sql, type Transaction } from 'kysely';
import { changeKeys, recordAudit } from '#core/accounts/index.js';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { FORGOTTEN_REPLY } from '#core/forget-replies.js';
import { changeSites } from '#core/sites/index.js';
import type { Tables } from '#core/tables.js';
import { forgetEvents } from '#core/webhooks/index.js';

/**
 * Both halves of a site, with its keys, people, purchases, coupons and files. What stays of its events is id, type and
 * time, and of itself what the audit log says.
 * @throws CoreError `site.not_found`
 */
export async function removeSite(
  core: Pick<Core, 'db' | 'clock' | 'keyRing' | 'knownSites' | 'uploads'>,
  { accountId, slug, actor }: { accountId: string; slug: string; actor: string },
): Promise<void> {
  const at = new Date(core.clock.now());
  await changeSites(core, (outer) =>
    changeKeys({ ...core, db: outer }, async (tx) => {
      // Whatever is being made of them holds them, and is waited for.
      const sites = await tx
        .selectFrom('sites')
        .select(['id', 'mode'])
        .where('account_id', '=', accountId)
        .where('slug', '=', slug)
        .orderBy('id')
        .forUpdate()
        .execute();
      if (sites.length === 0) throw new CoreError('site.not_found', `There is no site "${slug}".`, { field: 'slug' });
      const ids = sites.map(({ id }) => id);
      const files = await tx.selectFrom('assets').select('file').where('site_id', 'in', ids).execute();
      await forgetEvents(tx, { accountId }, await subjectsOf(tx, accountId, slug));
      await forgetRequests(tx, accountId, ids);
      // What is the matter with it is over.
      await tx.deleteFrom('troubles').where('subject', 'in', ids).execute();
      await tx.deleteFrom('sites').where('id', 'in', ids).execute();
      for (const { id, mode } of sites) {
        await recordAudit(tx, { accountId, actor, action: 'site.remove', subject: id, details: { slug, mode }, at });
      }
      // Before the commit: a site without its files can be removed again, a file without a site stays for ever.
      for (const { file } of files) await core.uploads.remove(file);
    }),
  );
}

/** What was answered to it, and to keys of the account, which may have spoken of it: a reply does not say so. */
async function forgetRequests(tx: Transaction<Tables>, accountId: string, ids: readonly string[]): Promise<void> {
  await tx
    .updateTable('idempotency_keys')
    .set({ reply: FORGOTTEN_REPLY })
    .where('account_id', '=', accountId)
    .where('route', 'like', '%/referrals/%')
    .where((is) =>
      is.or([is('route', 'not like', '% of sit\\_%'), ...ids.map((id) => is('route', 'like', `% of ${id}`))]),
    )
    .execute();
}

/** What its events happened to: each says of which site it is. */
async function subjectsOf(tx: Transaction<Tables>, accountId: string, slug: string): Promise<string[]> {
  const rows = await tx
    .selectFrom('events')
    .select('subject')
    .distinct()
    .where('account_id', '=', accountId)
    .where(sql<boolean>`data ->> 'site' = ${slug}`)
    .execute();
  return rows.map(({ subject }) => subject);
}
