import { sql } from 'kysely';
import type { Core } from '#core/core.js';
import type { RecordOwner } from '#core/call-records/call-record.js';

export const DELETED_KINDS = ['call', 'message', 'voice_message'] as const;
export type DeletedKind = (typeof DELETED_KINDS)[number];

/** What is gone for good since a moment, for those who keep a copy (rule 24): the earliest first. */
export async function listDeleted(
  core: Pick<Core, 'db'>,
  { accountId, mode }: RecordOwner,
  { kind, after, page, pageSize }: { kind: DeletedKind; after?: Date | undefined; page: number; pageSize: number },
): Promise<{ items: { id: string; deletedAt: Date }[]; total: number }> {
  let query = core.db
    .selectFrom('tombstones')
    .where('account_id', '=', accountId)
    .where('mode', '=', mode)
    .where('kind', '=', kind);
  if (after !== undefined) query = query.where('deleted_at', '>=', after);
  const { total } = await query.select(sql<number>`count(*)::integer`.as('total')).executeTakeFirstOrThrow();
  const rows = await query
    .select(['id', 'deleted_at'])
    .orderBy('deleted_at')
    .orderBy('id')
    .offset((page - 1) * pageSize)
    .limit(pageSize)
    .execute();
  return { items: rows.map(({ id, deleted_at }) => ({ id, deletedAt: deleted_at })), total };
}
