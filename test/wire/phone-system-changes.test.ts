import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { endCall } from '#core/calls/index.js';
import { SETTLED_MS } from '#core/changes.js';
import { upsertContacts } from '#core/contacts/index.js';
import type { HeldClock } from '../held-clock.js';
import { addPastCalls } from '../past-calls.js';
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
  for (const [path, since] of LISTS) fresh.set(path, await page(firstOf(path, since)));
  pass(60_000);
});
afterAll(() => world.close());

/** Each, by what it goes, and what its things are named by. */
const LISTS = [
  ['/text-messages', 'updatedAfter', 'id'],
  ['/text-conversations', 'updatedAfter', 'conversation_id'],
  ['/voice-messages', 'updatedAfter', 'id'],
  ['/contacts', 'updatedAfter', 'id'],
  ['/contacts/deleted', 'deletedAfter', 'id'],
  ['/deleted?kind=call', 'after', 'id'],
] as const;
/** Their first pages in the moment in which all of it changed. */
const fresh = new Map<string, Page>();
const SINCE = '1970-01-01T00:00:00Z';
const firstOf = (path: string, since: string): string =>
  `/api/v2${path}${path.includes('?') ? '&' : '?'}${since}=${SINCE}&pageSize=100`;

function pass(ms: number): void {
  (world.clock as HeldClock).advance(ms);
}

interface Page {
  data: Record<string, unknown>[];
  pagination: { total: number; nextPageUrl: string | null; lastPageUrl: string; count: number };
}

async function page(address: string): Promise<Page> {
  const { status, body } = await world.request('GET', address);
  expect(status, JSON.stringify(body)).toBe(200);
  return body as unknown as Page;
}

const addressOf = (url: string): string => url.replace(/^https?:\/\/[^/]+/, '');

/** All that whoever follows `nextPageUrl` is shown. `meanwhile`: after each page. */
async function walk(first: string, id: string, meanwhile: (seen: unknown[]) => Promise<void> = async () => {}) {
  const seen: unknown[] = [];
  for (let next: string | null = first; next !== null;) {
    pass(1000);
    const { data, pagination }: Page = await page(next);
    seen.push(...data.map((one) => one[id]));
    next = pagination.nextPageUrl === null ? null : addressOf(pagination.nextPageUrl);
    await meanwhile(seen);
  }
  return seen;
}

describe.each(LISTS)('%s', (path, since, id) => {
  const first = firstOf(path, since);

  test('shows nothing that may still be overtaken', () => {
    expect(fresh.get(path)).toMatchObject({ data: [], pagination: { total: 0, nextPageUrl: null } });
  });

  test('leads on from the last page that it has, each once, however many there are', async () => {
    pass(1000);
    const { pagination } = await page(`${first}&page=1`);
    expect(pagination).toMatchObject({ total: 10_000, count: 100 });
    expect(pagination.nextPageUrl).toMatch(/[?&]afterId=/);
    expect(pagination.lastPageUrl).toMatch(/[?&]page=100(&|$)/);
    const seen = await walk(`${first}&page=99`, id);
    expect(seen).toHaveLength(THERE - 9800);
    expect(new Set(seen).size).toBe(THERE - 9800);
    expect(seen).toEqual([...seen].sort());
  });

  test('has every page that it names, also where the last is not full, and none of them ends the walk early', async () => {
    const odd = first.replace('pageSize=100', 'pageSize=30');
    pass(1000);
    const { pagination } = await page(odd);
    expect(pagination.lastPageUrl).toMatch(/[?&]page=334(&|$)/);
    const last = await page(addressOf(pagination.lastPageUrl));
    expect(last.pagination).toMatchObject({ count: 10, currentPage: 334, totalPages: 334, total: 10_000, to: 10_000 });
    expect(new Set(await walk(`${odd}&page=333`, id)).size).toBe(THERE - 9960);
  });

  test('has no page beyond, and says how to go on', async () => {
    pass(1000);
    const reply = await world.request('GET', `${first}&page=101`);
    expect([reply.status, Object.keys(reply.body['errors'] as object)]).toEqual([422, ['page']]);
    expect(reply.body['message']).toContain('afterId');
  });
});

describe('who follows a list', () => {
  const made = async (phone: string): Promise<string> => {
    const { body } = await world.request('POST', '/api/v2/contacts', { body: { phoneNumbers: [{ number: phone }] } });
    return (body['data'] as { id: string }).id;
  };
  const rename = async (id: unknown, firstName: string): Promise<void> => {
    pass(1000);
    const reply = await world.request('PATCH', `/api/v2/contacts/${String(id)}`, { body: { firstName } });
    expect(reply.status).toBe(200);
  };
  const now = (): string => encodeURIComponent(new Date(world.clock.now()).toISOString());

  test('is shown all of it, whatever changes meanwhile', async () => {
    const first = `/api/v2/contacts?updatedAfter=${now()}&pageSize=1`;
    const ids: string[] = [];
    for (const phone of ['+13055550101', '+13055550102', '+13055550103']) {
      ids.push(await made(phone));
      pass(1000);
    }
    pass(60_000);
    const seen = await walk(first, 'id', async ([shown, ...others]) => {
      // What was shown moves to the end, and takes the place of what was not.
      if (others.length > 0) return;
      await rename(shown, 'Changed');
      pass(60_000);
    });
    expect(seen).toEqual([...ids, ids[0]]);
  });

  test('misses nothing that was written for longer than what came after it', async () => {
    const first = `/api/v2/contacts?updatedAfter=${now()}`;
    const slow = await world.core.db.startTransaction().execute();
    try {
      await sql`select pg_sleep(0.1)`.execute(slow);
      const { id: accountId } = world.account;
      const contact = { phone: '+13055550104' };
      await upsertContacts({ ...world.core, db: slow }, { accountId, mode: 'test', contacts: contact });
      // Later by the clock, and there at once. No more time passes than the other has been open.
      pass(1);
      await made('+13055550105');
      pass(SETTLED_MS + 2);
      expect((await page(first)).data).toEqual([]);
    } finally {
      await slow.commit().execute();
    }
    pass(60_000);
    const { data } = await page(first);
    expect(data.map(({ phoneNumbers }) => phoneNumbers)).toMatchObject([
      [{ number: '+13055550104' }],
      [{ number: '+13055550105' }],
    ]);
  });
});

test('a call that ended while the database was away is a change of when it was written', async () => {
  const ended = world.clock.now();
  const [id = ''] = await addPastCalls(world.core, world.account.id, [{ at: ended - 60_000, seconds: 60, open: true }]);
  pass(300_000);
  const asked = new Date(world.clock.now()).toISOString();
  pass(1000);
  await world.core.db
    .transaction()
    .execute((tx) => endCall(tx, id, { status: 'completed', at: new Date(ended) }, new Date(world.clock.now())));
  const updatedAt = new Date(world.clock.now()).toISOString().replace('Z', '000Z');
  pass(20_000);
  const { data } = await page(`/api/v2/call-history?updatedAfter=${asked}`);
  expect(data).toMatchObject([{ id, updatedAt }]);
});

test('an afterId alone means nothing', async () => {
  const reply = await world.request('GET', '/api/v2/contacts?afterId=x');
  expect([reply.status, Object.keys(reply.body['errors'] as object)]).toEqual([422, ['afterId']]);
});
