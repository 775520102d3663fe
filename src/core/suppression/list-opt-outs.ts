import type { Core } from '#core/core.js';
import { addressHash } from '#core/suppression/address-hash.js';
import {
  toSuppression,
  type OptOutChannel,
  type OptOutScope,
  type Suppression,
  type SuppressionOwner,
} from '#core/suppression/suppression.js';

export interface OptOutFilter {
  address?: string | undefined;
  scope?: OptOutScope | undefined;
  channel?: OptOutChannel | undefined;
  source?: string | undefined;
  since?: Date | undefined;
  /** Also those that were lifted (no). */
  lifted?: boolean | undefined;
  /** Those alone that wait for somebody to look at them. */
  inReview?: boolean | undefined;
  /** Continue after this id (newest first). */
  after?: string | undefined;
  limit: number;
}

/** Entries of the ledger, the newest first; `next` is the cursor of the following page. */
export async function listOptOuts(
  core: Pick<Core, 'db' | 'secrets'>,
  { accountId, mode }: SuppressionOwner,
  filter: OptOutFilter,
): Promise<{ entries: Suppression[]; next: string | undefined }> {
  const { address, limit } = filter;
  let query = core.db
    .selectFrom('suppressions')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('mode', '=', mode);
  if (address !== undefined) {
    const hash = addressHash(core.secrets)(address);
    query = query.where((is) => is.or([is('address', '=', address), is('address_hash', '=', hash)]));
  }
  if (filter.scope !== undefined) query = query.where('scope', '=', filter.scope);
  if (filter.channel !== undefined) query = query.where('channel', '=', filter.channel);
  if (filter.source !== undefined) query = query.where('source', '=', filter.source);
  if (filter.since !== undefined) query = query.where('created_at', '>=', filter.since);
  if (filter.lifted !== true) query = query.where('lifted_at', 'is', null);
  if (filter.inReview === true) query = query.where('review_text', 'is not', null).where('reviewed_at', 'is', null);
  if (filter.after !== undefined) query = query.where('id', '<', filter.after);
  const rows = await query
    .orderBy('id', 'desc')
    .limit(limit + 1)
    .execute();
  const entries = rows.slice(0, limit).map(toSuppression);
  return { entries, next: rows.length > limit ? entries.at(-1)?.id : undefined };
}

const EXPORT_PAGE = 1000;

/** Every entry that holds, the newest first, a page at a time. */
export async function* allOptOuts(
  core: Pick<Core, 'db' | 'secrets'>,
  owner: SuppressionOwner,
): AsyncGenerator<Suppression> {
  let after: string | undefined;
  do {
    const { entries, next } = await listOptOuts(core, owner, { after, limit: EXPORT_PAGE });
    yield* entries;
    after = next;
  } while (after !== undefined);
}
