import { sql, type Expression, type Transaction } from 'kysely';
import type { Db } from '#core/core.js';
import type { MessageRow } from '#core/messages/message.js';
import type { MessageTable, Mode, Tables } from '#core/tables.js';

/** What a conversation needs to know of a text. */
export type NotedText = Pick<
  MessageTable,
  'id' | 'account_id' | 'mode' | 'direction' | 'purpose' | 'from_address' | 'to_address' | 'created_at'
> & { campaign_id?: string | null | undefined };

/** Two numbers of which one is ours. */
export interface Pair {
  accountId: string;
  mode: Mode;
  ours: string;
  theirs: string;
}

interface Notes extends Pair {
  lastId: string;
  lastAt: Date;
  unread: number;
}

/** Pairs in one statement. */
const BATCH = 1000;

export function pairOf(
  row: Pick<MessageRow, 'account_id' | 'mode' | 'direction' | 'from_address' | 'to_address'>,
): Pair {
  const [ours, theirs] =
    row.direction === 'in' ? [row.to_address, row.from_address] : [row.from_address, row.to_address];
  return { accountId: row.account_id, mode: row.mode, ours, theirs };
}

/**
 * Notes new texts in the conversations that they belong to, in the transaction that writes them, after everything else
 * that it locks but a wallet. A campaign's text begins no conversation: a million of them would bury those of people;
 * it stands in the one that there is, or that an answer begins. Codes stand in none.
 */
export async function noteTexts(db: Db, rows: readonly NotedText[]): Promise<void> {
  const noted = rows.filter(({ purpose }) => purpose !== 'verification');
  const begun = byPair(noted.filter(({ campaign_id: campaign = null }) => campaign === null));
  for (let start = 0; start < begun.length; start += BATCH) await begin(db, begun.slice(start, start + BATCH));
  const added = byPair(noted.filter(({ campaign_id: campaign = null }) => campaign !== null));
  for (let start = 0; start < added.length; start += BATCH) await add(db, added.slice(start, start + BATCH));
}

/** In one order for everybody, so that nobody waits in a circle. */
function byPair(rows: readonly NotedText[]): Notes[] {
  const pairs = new Map<string, Notes>();
  for (const row of rows) {
    const pair = pairOf(row);
    const key = JSON.stringify([pair.accountId, pair.mode, pair.ours, pair.theirs]);
    const before = pairs.get(key);
    const unread = row.direction === 'in' ? 1 : 0;
    const isLast = before === undefined || before.lastId < row.id;
    pairs.set(key, {
      ...pair,
      lastId: isLast ? row.id : before.lastId,
      lastAt: isLast ? row.created_at : before.lastAt,
      unread: (before?.unread ?? 0) + unread,
    });
  }
  return [...pairs.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, notes]) => notes);
}

function given(notes: readonly Notes[]) {
  const column = <T>(read: (note: Notes) => T): T[] => notes.map(read);
  return sql`unnest(${column(({ accountId }) => accountId)}::text[], ${column(({ mode }) => mode)}::text[],
      ${column(({ ours }) => ours)}::text[], ${column(({ theirs }) => theirs)}::text[],
      ${column(({ lastId }) => lastId)}::text[], ${column(({ lastAt }) => lastAt)}::timestamptz[],
      ${column(({ unread }) => unread)}::integer[])
    with ordinality as given (account_id, mode, our_number, their_number, id, at, unread, place)`;
}

async function begin(db: Db, notes: readonly Notes[]): Promise<void> {
  await sql`
    insert into conversations as c
      (account_id, mode, our_number, their_number, last_message_id, last_message_at, unread_count, updated_at)
    select account_id, mode, our_number, their_number, id, at, unread, at from ${given(notes)} order by place
    on conflict (account_id, mode, our_number, their_number) do update set
      last_message_id = greatest(c.last_message_id, excluded.last_message_id),
      last_message_at = greatest(c.last_message_at, excluded.last_message_at),
      unread_count = c.unread_count + excluded.unread_count,
      updated_at = greatest(c.updated_at, excluded.updated_at)`.execute(db);
}

async function add(db: Db, notes: readonly Notes[]): Promise<void> {
  await sql`
    with held as (
      select c.account_id, c.mode, c.our_number, c.their_number, given.id, given.at
      from ${given(notes)} join conversations c using (account_id, mode, our_number, their_number)
      order by place for no key update of c
    )
    update conversations c set last_message_id = greatest(c.last_message_id, held.id),
      last_message_at = greatest(c.last_message_at, held.at), updated_at = greatest(c.updated_at, held.at)
    from held
    where c.account_id = held.account_id and c.mode = held.mode
      and c.our_number = held.our_number and c.their_number = held.their_number`.execute(db);
}

/** Counts a conversation anew out of its texts, and ends it where none is left. */
export async function recountConversation(tx: Transaction<Tables>, pair: Pair, at: Date): Promise<void> {
  const { accountId, mode, ours, theirs } = pair;
  const mine = sql<boolean>`account_id = ${accountId} and mode = ${mode} and our_number = ${ours}
    and their_number = ${theirs}`;
  // Locked first: what others have added by then is seen by the next statement.
  await sql`select from conversations where ${mine} for update`.execute(tx);
  const { rows } = await sql<{ id: string | null; at: Date; unread: number }>`
    select max(id) as id, max(created_at) as at,
      (count(*) filter (where direction = 'in' and read_at is null))::integer as unread
    from messages where ${inThread(pair)}`.execute(tx);
  const [left] = rows;
  if (left === undefined || left.id === null) {
    await sql`delete from conversations where ${mine}`.execute(tx);
  } else {
    await sql`
      update conversations set last_message_id = ${left.id}, last_message_at = ${left.at},
        unread_count = ${left.unread}, updated_at = greatest(updated_at, ${at})
      where ${mine}`.execute(tx);
  }
}

/** Something of a text in it changed, and nothing that is counted. */
export async function touchConversation(
  tx: Transaction<Tables>,
  { accountId, mode, ours, theirs }: Pair,
  at: Date,
): Promise<void> {
  await sql`
    update conversations set updated_at = greatest(updated_at, ${at})
    where account_id = ${accountId} and mode = ${mode} and our_number = ${ours} and their_number = ${theirs}`.execute(
    tx,
  );
}

/** The texts of a conversation; the index `messages_thread` serves it. */
export function inThread({
  accountId,
  mode,
  ours,
  theirs,
}: {
  accountId: string;
  mode: Mode;
  ours: string | Expression<string>;
  theirs: string | Expression<string>;
}) {
  return sql<boolean>`messages.account_id = ${accountId} and messages.mode = ${mode}
    and (case messages.direction when 'in' then messages.to_address else messages.from_address end) = ${ours}
    and (case messages.direction when 'in' then messages.from_address else messages.to_address end) = ${theirs}
    and messages.purpose <> 'verification' and messages.removed_at is null`;
}
