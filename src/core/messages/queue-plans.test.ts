import { sql, type Transaction } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { attachmentsOf, claimExpected, holdAttachments, nextExpected } from '#core/attachments/index.js';
import { dueMessages, firstOf, readHeads } from '#core/messages/due-messages.js';
import { findUnsure } from '#core/messages/match-unsure.js';
import type { Tables } from '#core/tables.js';
import { openBusiness, type Business } from '#test/business.js';

/** What is asked again and again finds what it looks for by an index, however many texts there are. */
const OVER = 20_000;
const QUEUED = 10_000;
const SENDERS = 5;

let core: Business;
let accountId: string;
const now = (): Date => new Date(core.clock.now());

beforeAll(async () => {
  core = await openBusiness();
  accountId = await core.account('shop');
  await sql`
    insert into messages (id, account_id, mode, direction, purpose, priority, status, from_address, to_address, text,
      encoding, segments, dialect, created_at, due_at, expires_at, carrier_id, ended_at)
    select 'sms_' || n, ${accountId}, 'live', 'out', 'transactional', 3,
      case when n <= ${OVER} then 'delivered' else 'queued' end, '+1500555010' || n % ${SENDERS},
      '+1212' || (2000000 + n), 'Hello', 'gsm7', 1, 'outreach', ${now()}, ${now()},
      ${now()}::timestamptz + interval '1 day', case when n <= ${OVER} then 'car_1' end,
      case when n <= ${OVER} then ${now()}::timestamptz end
    from generate_series(1, ${OVER + QUEUED}) as n`.execute(core.db);
  await sql`update messages set status = 'unknown' where id = 'sms_7'`.execute(core.db);
  await sql`analyze messages`.execute(core.db);
});
afterAll(() => core.close());

/** How often a table is read from its first row to its last. */
function scansOf(work: (tx: Transaction<Tables>) => Promise<unknown>, table = 'messages'): Promise<number> {
  return core.db.transaction().execute(async (tx) => {
    const before = await countScans(tx, table);
    await work(tx);
    return (await countScans(tx, table)) - before;
  });
}

/** Of this connection, as far as the server has not added it to those of all yet. */
async function countScans(tx: Transaction<Tables>, table: string): Promise<number> {
  const { rows } = await sql<{ scans: number }>`
    select seq_scan::integer as scans from pg_stat_xact_user_tables where relname = ${table}`.execute(tx);
  return rows[0]?.scans ?? Number.NaN;
}

test('a read of all texts is noticed', async () => {
  expect(await scansOf((tx) => tx.selectFrom('messages').select('id').where('text', '=', 'x').execute())).toBe(1);
});

test('the first texts of every sender, and those that are due', async () => {
  const scans = await scansOf(async (tx) => {
    const heads = await readHeads(tx, undefined);
    expect(heads).toHaveLength(SENDERS);
    const due = await dueMessages(
      tx,
      heads.map((head) => ({ ...head, most: 100 })),
      now(),
      50,
    );
    expect(due).toHaveLength(50);
    expect(await firstOf(tx, heads[0]!, now())).toBeDefined();
  });
  expect(scans).toBe(0);
});

test('the text of unknown fate that a receipt is for', async () => {
  const receipt = { theirId: 'theirs', state: 'delivered', to: '12122000007' } as const;
  const scans = await scansOf(async (tx) => {
    const found = await findUnsure(tx, [{ carrierId: 'car_1', receipt }]);
    expect([...found.values()].map(({ id }) => id)).toEqual(['sms_7']);
  });
  expect(scans).toBe(0);
});

test.each([
  [
    'those that expired',
    sql`select id from messages where status = 'queued' and expires_at <= now() order by expires_at`,
  ],
  ['how many are of unknown fate', sql`select 1 from messages where status = 'unknown' limit 100000`],
  ['what a node holds', sql`select id from messages where node_id = 7`],
])('%s', async (_what, query) => {
  expect(await scansOf((tx) => query.execute(tx))).toBe(0);
});

test('pictures of texts: those to be fetched, those of some texts, and those that wait to be sent', async () => {
  await sql`
    insert into message_attachments (id, account_id, mode, message_id, file, media_type, bytes, status, created_at,
      next_at, url)
    select 'att_' || n, ${accountId}, 'live', 'sms_' || n, 'file', 'image/png', 1,
      case when n % 1000 = 0 then 'pending' else 'kept' end, ${now()}, case when n % 1000 = 0 then ${now()}::timestamptz end,
      'https://files.example/1'
    from generate_series(1, ${OVER}) as n`.execute(core.db);
  await sql`analyze message_attachments`.execute(core.db);
  const scans = await scansOf(async (tx) => {
    expect(await nextExpected(tx, new Date(now().getTime() - 5))).toEqual(now());
    const busy = new Map([['https://files.example', 1]]);
    expect(await claimExpected(tx, now(), { most: 16, perOrigin: 4, busy })).toHaveLength(3);
    const full = new Map([['https://files.example', 4]]);
    expect(await claimExpected(tx, now(), { most: 16, perOrigin: 4, busy: full })).toEqual([]);
    const files = await attachmentsOf(tx, [{ id: 'sms_8', attachments: 1 }]);
    expect(files.get('sms_8')).toHaveLength(1);
    const held = holdAttachments(tx, { accountId, mode: 'live', ids: ['att_9'], at: now() });
    await expect(held).rejects.toThrow('There is no file att_9');
  }, 'message_attachments');
  expect(scans).toBe(0);
});
