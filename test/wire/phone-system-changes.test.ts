import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { HeldClock } from '../held-clock.js';
import { openWorld, type World } from '../world.js';

/** Lists of changes (rule 24), for whoever keeps a copy of more than is counted. */
let world: World;
const THERE = 10_250;
beforeAll(async () => {
  world = await openWorld();
  const { db } = world.core;
  const at = new Date(world.clock.now());
  const owner = sql`${world.account.id}, 'test'`;
  // A thousand of one moment, as a campaign leaves them.
  const moment = sql`${at}::timestamptz + (n / 1000) * interval '1 second'`;
  await sql`insert into tombstones (account_id, mode, kind, id, deleted_at)
    select ${owner}, 'call', 'cal_' || lpad(n::text, 6, '0'), ${moment} from generate_series(1, ${THERE}) as n`.execute(
    db,
  );
  await sql`insert into contact_tombstones (id, account_id, mode, deleted_at)
    select 'con_' || lpad(n::text, 6, '0'), ${owner}, ${moment} from generate_series(1, ${THERE}) as n`.execute(db);
  await sql`insert into contacts (id, account_id, mode, phone, created_at, updated_at)
    select 'con_' || lpad(n::text, 6, '0'), ${owner}, '+1212' || (2000000 + n), ${at}, ${moment}
    from generate_series(1, ${THERE}) as n`.execute(db);
  await sql`
    insert into messages (id, account_id, mode, direction, purpose, priority, status, from_address, to_address, text,
      encoding, segments, dialect, created_at, due_at, expires_at, ended_at)
    select 'sms_' || lpad(n::text, 6, '0'), ${owner}, 'out', 'person', 1, 'delivered', '+15005550123',
      '+1212' || (2000000 + n), 'x', 'gsm7', 1, 'phone_system', ${at}, ${at}, ${at}, ${moment}
    from generate_series(1, ${THERE}) as n`.execute(db);
  await sql`
    insert into conversations (account_id, mode, our_number, their_number, last_message_id, last_message_at, updated_at)
    select ${owner}, '+15005550123', '+1212' || (2000000 + n), 'sms_' || lpad(n::text, 6, '0'), ${at}, ${moment}
    from generate_series(1, ${THERE}) as n`.execute(db);
  const mailbox = await world.request('POST', '/api/v2/voice-mailboxes', { body: { name: 'Full' } });
  const { id } = mailbox.body['data'] as { id: number };
  await sql`
    insert into voice_messages (id, account_id, mode, mailbox_id, phone_number, caller_number, file, bytes, duration_ms,
      transcription, created_at, updated_at)
    select 'vcm_' || lpad(n::text, 6, '0'), ${owner}, ${id}, '+15005550123', 'anonymous', 'x', 44, 1000, 'off', ${at},
      ${moment}
    from generate_series(1, ${THERE}) as n`.execute(db);
});
afterAll(() => world.close());

interface Page {
  data: Record<string, unknown>[];
  pagination: { total: number; nextPageUrl: string | null; count: number };
}

async function page(address: string): Promise<Page> {
  (world.clock as HeldClock).advance(1000);
  const { status, body } = await world.request('GET', address);
  expect(status, JSON.stringify(body)).toBe(200);
  return body as unknown as Page;
}

const SINCE = '1970-01-01T00:00:00Z';

describe.each([
  ['/text-messages', 'updatedAfter', 'id'],
  ['/text-conversations', 'updatedAfter', 'conversation_id'],
  ['/voice-messages', 'updatedAfter', 'id'],
  ['/contacts', 'updatedAfter', 'id'],
  ['/contacts/deleted', 'deletedAfter', 'id'],
  ['/deleted?kind=call', 'after', 'id'],
])('%s', (path, since, id) => {
  const first = `/api/v2${path}${path.includes('?') ? '&' : '?'}${since}=${SINCE}&pageSize=100`;

  test('leads on from the last page that it has, each once, however many there are', async () => {
    const { pagination } = await page(`${first}&page=1`);
    expect(pagination).toMatchObject({ total: 10_000, count: 100 });
    expect(pagination.nextPageUrl).toMatch(/[?&]page=2(&|$)/);
    const seen: unknown[] = [];
    for (let next: string | null = `${first}&page=99`; next !== null;) {
      const { data, pagination: here }: Page = await page(next);
      seen.push(...data.map((one) => one[id]));
      next = here.nextPageUrl === null ? null : here.nextPageUrl.replace(/^https?:\/\/[^/]+/, '');
    }
    expect(seen).toHaveLength(THERE - 9800);
    expect(new Set(seen).size).toBe(THERE - 9800);
    expect(seen).toEqual([...seen].sort());
  });

  test('has no page beyond, and says how to go on', async () => {
    (world.clock as HeldClock).advance(1000);
    const reply = await world.request('GET', `${first}&page=101`);
    expect([reply.status, Object.keys(reply.body['errors'] as object)]).toEqual([422, ['page']]);
    expect(reply.body['message']).toContain('afterId');
  });
});

test('an afterId alone means nothing', async () => {
  const reply = await world.request('GET', '/api/v2/contacts?afterId=x');
  expect([reply.status, Object.keys(reply.body['errors'] as object)]).toEqual([422, ['afterId']]);
});
