import { sql } from 'kysely';
import { CHANGES_MOST, countChanges, isFrom, rowsOfPage, settledBefore } from '#core/changes.js';
import type { Core, Db } from '#core/core.js';
import { asTexts } from '#core/conversations/as-texts.js';
import {
  conversationId,
  conversationNotFound,
  partsOfId,
  type Conversation,
  type ConversationOwner,
} from '#core/conversations/conversation.js';
import { inThread, type Pair } from '#core/messages/index.js';

export interface ConversationFilter {
  /** With a text of this moment or later. */
  since?: Date | undefined;
  /** With something that changed at this moment or later; the least recently changed first. */
  updatedAfter?: Date | undefined;
  /** Of those of that very moment, after the one of this id. */
  afterId?: string | undefined;
  /** With texts that nobody read, or without. */
  unread?: boolean | undefined;
  /** One of its two numbers, without plus. */
  number?: string | undefined;
  page: number;
  pageSize: number;
}

interface Row {
  our_number: string;
  their_number: string;
  last_message_id: string;
  last_message_at: Date;
  unread_count: number;
  updated_at: Date;
}

/** As `conversationId` writes it. */
const ID = sql<string>`(ltrim(our_number, '+') || '-' || ltrim(their_number, '+'))`;

/** Those with the latest text first. */
export async function listConversations(
  core: Pick<Core, 'db' | 'clock'>,
  owner: ConversationOwner,
  filter: ConversationFilter,
): Promise<{ items: Conversation[]; total: number }> {
  let query = core.db
    .selectFrom('conversations')
    .where('account_id', '=', owner.accountId)
    .where('mode', '=', owner.mode);
  if (filter.since !== undefined) query = query.where('last_message_at', '>=', filter.since);
  if (filter.unread !== undefined) query = query.where('unread_count', filter.unread ? '>' : '=', 0);
  const { number } = filter;
  if (number !== undefined) {
    const written = [`+${number}`, number];
    query = query.where((is) => is.or([is('our_number', 'in', written), is('their_number', 'in', written)]));
  }
  if (filter.updatedAfter !== undefined) {
    const before = await settledBefore(core);
    const from = { at: filter.updatedAfter, afterId: filter.afterId };
    const ordered = query
      .where(isFrom(sql.ref('updated_at'), ID, from, before))
      .orderBy('updated_at')
      .orderBy(ID);
    const total = await countChanges(core.db, ordered.select('updated_at').limit(CHANGES_MOST));
    const { offset, limit } = rowsOfPage(filter);
    const rows = await ordered.selectAll().offset(offset).limit(limit).execute();
    return { items: await withTexts(core.db, owner, rows), total };
  }
  const { total } = await query.select(sql<number>`count(*)::integer`.as('total')).executeTakeFirstOrThrow();
  const rows = await query
    .orderBy('last_message_at', 'desc')
    .orderBy('last_message_id', 'desc')
    .selectAll()
    .offset((filter.page - 1) * filter.pageSize)
    .limit(filter.pageSize)
    .execute();
  return { items: await withTexts(core.db, owner, rows), total };
}

/** @throws CoreError `conversation.not_found`, also for one of another account or mode */
export async function findConversation(
  core: Pick<Core, 'db'>,
  owner: ConversationOwner,
  id: string,
): Promise<Conversation> {
  const row = await findRow(core.db, owner, id);
  const [found] = row === undefined ? [] : await withTexts(core.db, owner, [row]);
  if (found === undefined) throw conversationNotFound(id);
  return found;
}

/** @throws CoreError `conversation.not_found` */
export async function findPair(db: Db, owner: ConversationOwner, id: string): Promise<Pair> {
  const row = await findRow(db, owner, id);
  if (row === undefined) throw conversationNotFound(id);
  return { ...owner, ours: row.our_number, theirs: row.their_number };
}

async function findRow(db: Db, owner: ConversationOwner, id: string): Promise<Row | undefined> {
  const parts = partsOfId(id);
  if (parts === undefined) return undefined;
  return (
    db
      .selectFrom('conversations')
      .selectAll()
      .where('account_id', '=', owner.accountId)
      .where('mode', '=', owner.mode)
      // A short code and a number in full are told apart by the plus, which the id does not have.
      .where('our_number', 'in', [`+${parts.ours}`, parts.ours])
      .where('their_number', 'in', [`+${parts.theirs}`, parts.theirs])
      .orderBy('our_number')
      .orderBy('their_number')
      .limit(1)
      .executeTakeFirst()
  );
}

async function withTexts(
  db: Db,
  { accountId, mode }: ConversationOwner,
  rows: readonly Row[],
): Promise<Conversation[]> {
  if (rows.length === 0) return [];
  const [lasts, counts] = await Promise.all([
    db
      .selectFrom('messages')
      .selectAll()
      .where(
        'id',
        'in',
        rows.map((row) => row.last_message_id),
      )
      .execute(),
    countTexts(
      db,
      rows.map((row) => ({ accountId, mode, ours: row.our_number, theirs: row.their_number })),
    ),
  ]);
  const lastOf = new Map((await asTexts(db, lasts)).map((last) => [last.id, last]));
  return rows.flatMap((row, index) => {
    const last = lastOf.get(row.last_message_id);
    // Erased between the two questions.
    if (last === undefined) return [];
    return {
      id: conversationId(row.our_number, row.their_number),
      ours: row.our_number,
      theirs: row.their_number,
      lastMessageAt: row.last_message_at,
      lastMessage: last,
      messages: counts[index] ?? 0,
      unread: row.unread_count,
      updatedAt: row.updated_at,
    };
  });
}

/** Counted as they are asked for, by the index alone: a campaign's million texts need not be counted as they are made. */
async function countTexts(db: Db, pairs: readonly Pair[]): Promise<number[]> {
  const ours = pairs.map((pair) => pair.ours);
  const theirs = pairs.map((pair) => pair.theirs);
  const thread = inThread({
    accountId: pairs[0]?.accountId ?? '',
    mode: pairs[0]?.mode ?? 'test',
    ours: sql.ref<string>('pair.ours'),
    theirs: sql.ref<string>('pair.theirs'),
  });
  const { rows } = await sql<{ n: number }>`
    select (select count(*)::integer from messages where ${thread}) as n
    from unnest(${ours}::text[], ${theirs}::text[]) with ordinality as pair (ours, theirs, place) order by place`.execute(
    db,
  );
  return rows.map(({ n }) => n);
}
