import { sql } from 'kysely';
import { CHANGES_MOST, countChanges, isFrom, rowsOfPage, settledBefore, type FromChange } from '#core/changes.js';
import type { Core } from '#core/core.js';
import type { RecordOwner } from '#core/call-records/call-record.js';

export const DELETED_KINDS = ['call', 'message', 'voice_message'] as const;
export type DeletedKind = (typeof DELETED_KINDS)[number];

/** What is gone for good since a moment, for those who keep a copy (rule 24): the earliest first. */
export async function listDeleted(
  core: Pick<Core, 'db' | 'clock'>,
  { accountId, mode }: RecordOwner,
  { kind, from, page, pageSize }: { kind: DeletedKind; from: FromChange; page: number; pageSize: number },
): Promise<{ items: { id: string; deletedAt: Date }[]; total: number }> {
  const before = await settledBefore(core);
  const ordered = core.db
    .selectFrom('tombstones')
    .where('account_id', '=', accountId)
    .where('mode', '=', mode)
    .where('kind', '=', kind)
    .where(isFrom(sql.ref('deleted_at'), sql.ref('id'), from, before))
    .orderBy('deleted_at')
    .orderBy('id');
  const total = await countChanges(core.db, ordered.select('id').limit(CHANGES_MOST));
  const { offset, limit } = rowsOfPage({ page, pageSize });
  const rows = await ordered.select(['id', 'deleted_at']).offset(offset).limit(limit).execute();
  return { items: rows.map(({ id, deleted_at }) => ({ id, deletedAt: deleted_at })), total };
}
