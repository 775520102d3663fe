import { sql } from 'kysely';
import { CHANGES_MOST, countChanges, isFrom, rowsOfPage, settledBefore } from '#core/changes.js';
import type { Core, Db } from '#core/core.js';
import {
  messageNotFound,
  toVoiceMessage,
  type VoiceMessage,
  type VoicemailOwner,
} from '#core/voicemail/voice-message.js';

export interface VoiceMessageFilter {
  /** Of these alone; none: no message. */
  mailboxIds?: readonly number[] | undefined;
  read?: boolean | undefined;
  /** When it was left. */
  after?: Date | undefined;
  before?: Date | undefined;
  /** Changed then or later: in the order of their change, the oldest first, in place of the newest first. */
  updatedAfter?: Date | undefined;
  /** Of those of that very moment, after this one. */
  afterId?: string | undefined;
}

/** A page from 1. */
export async function listVoiceMessages(
  core: Pick<Core, 'db' | 'clock'>,
  owner: VoicemailOwner,
  filter: VoiceMessageFilter,
  { page, pageSize }: { page: number; pageSize: number },
): Promise<{ items: VoiceMessage[]; total: number }> {
  let found = messagesOf(core.db, owner);
  const { mailboxIds, read, after, before, updatedAfter, afterId } = filter;
  if (mailboxIds !== undefined) {
    if (mailboxIds.length === 0) return { items: [], total: 0 };
    found = found.where('m.mailbox_id', 'in', [...mailboxIds]);
  }
  if (read !== undefined) found = found.where('m.read_at', read ? 'is not' : 'is', null);
  if (after !== undefined) found = found.where('m.created_at', '>=', after);
  if (before !== undefined) found = found.where('m.created_at', '<', before);
  if (updatedAfter !== undefined) {
    const [moment, id] = [sql.ref<Date>('m.updated_at'), sql.ref<string>('m.id')];
    found = found.where(isFrom(moment, id, { at: updatedAfter, afterId }, await settledBefore(core)));
  }
  const ordered =
    updatedAfter === undefined ? found.orderBy('m.id', 'desc') : found.orderBy('m.updated_at').orderBy('m.id');
  const total =
    updatedAfter === undefined
      ? await countAll(found)
      : await countChanges(core.db, ordered.select('m.id').limit(CHANGES_MOST));
  const { offset, limit } =
    updatedAfter === undefined ? { offset: (page - 1) * pageSize, limit: pageSize } : rowsOfPage({ page, pageSize });
  const rows = await ordered
    .leftJoin('calls', 'calls.id', 'm.call_id')
    .selectAll('m')
    .select('calls.result as call_result')
    .offset(offset)
    .limit(limit)
    .execute();
  return { items: rows.map(toVoiceMessage), total };
}

async function countAll(found: ReturnType<typeof messagesOf>): Promise<number> {
  const { n } = await found.select(({ fn }) => fn.countAll<string>().as('n')).executeTakeFirstOrThrow();
  return Number(n);
}

/** @throws CoreError `voicemail.not_found`, also for one of another account or mode */
export async function findVoiceMessage(
  core: Pick<Core, 'db'>,
  owner: VoicemailOwner,
  id: string,
): Promise<VoiceMessage> {
  const row = await messagesOf(core.db, owner)
    .leftJoin('calls', 'calls.id', 'm.call_id')
    .selectAll('m')
    .select('calls.result as call_result')
    .where('m.id', '=', id)
    .executeTakeFirst();
  if (row === undefined) throw messageNotFound(id);
  return toVoiceMessage(row);
}

function messagesOf(db: Db, { accountId, mode }: VoicemailOwner) {
  return db.selectFrom('voice_messages as m').where('m.account_id', '=', accountId).where('m.mode', '=', mode);
}
