import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createAccount, createKey } from '#core/accounts/index.js';
import { setMetering, setPrice } from '#core/billing/index.js';
import { addNumber } from '#core/numbers/index.js';
import { renderOutreachEvent } from '#apis/outreach/index.js';
import { messageFacts } from '#core/messages/index.js';
import { suppress } from '#core/suppression/index.js';
import { HeldClock } from '../held-clock.js';
import { openWorld, SANDBOX_NUMBER, type Reply, type RequestOptions, type World } from '../world.js';

/** Request -> response, for texts by the Outreach door. All are scheduled: what becomes of them is told elsewhere. */
let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());
// These tables are not about limits.
beforeEach(async () => {
  if (world.clock instanceof HeldClock) world.clock.advance(60_000);
  await world.settle();
});

const OTHER = '+15005550101';
const LATER = (): string => new Date(world.clock.now() + 86_400_000).toISOString();
const good = () => ({ to: '+12125550100', from: SANDBOX_NUMBER, message: 'Hello.', schedule_at: LATER() });

function ask(method: string, path: string, options: RequestOptions = {}): Promise<Reply> {
  return world.request(method, `/api/v1${path}`, options);
}

async function send(more: object = {}, options: RequestOptions = {}): Promise<Record<string, unknown>> {
  const reply = await ask('POST', '/sms', { body: { ...good(), ...more }, ...options });
  expect(reply.status, JSON.stringify(reply.body)).toBe(201);
  return reply.body;
}

async function rowsWritten(): Promise<unknown> {
  const { rows } = await sql`
    select (select count(*) from messages) as messages, (select count(*) from events) as events,
      (select count(*) from idempotency_keys) as replies`.execute(world.core.db);
  return rows[0];
}

async function refuses(request: () => Promise<Reply>, status: number, code: string, field?: string): Promise<string> {
  const before = await rowsWritten();
  const reply = await request();
  const error = { code, message: expect.any(String) as string, ...(field === undefined ? {} : { field }) };
  expect({ status: reply.status, body: reply.body }).toEqual({ status, body: { error } });
  expect(await rowsWritten()).toEqual(before);
  return (reply.body['error'] as { message: string }).message;
}

describe('POST /sms refuses', () => {
  const fields: [what: string, change: Record<string, unknown>, field: string | undefined][] = [
    ['neither to nor messages', { to: undefined }, 'to'],
    ['both', { messages: [{ to: '+12125550101' }] }, 'messages'],
    ['to null', { to: null }, 'to'],
    ['to as a number', { to: 12125550100 }, 'to'],
    ['to empty', { to: '' }, 'to'],
    ['to without a plus', { to: '12125550100' }, 'to'],
    ['to that is a phone', { to: '101' }, 'to'],
    ['to of nobody', { to: [] }, 'to'],
    ['a list with nobody good in it', { to: ['1', 2] }, 'to'],
    ['messages of nothing', { to: undefined, messages: [] }, 'messages'],
    ['messages as an object', { to: undefined, messages: {} }, 'messages'],
    ['messages of which none is good', { to: undefined, messages: [{ message: 'x' }] }, 'to'],
    ['no from', { from: undefined }, 'from'],
    ['from null', { from: null }, 'from'],
    ['a pool of nobody', { from: [] }, 'from'],
    ['a pool with the same twice', { from: [SANDBOX_NUMBER, SANDBOX_NUMBER] }, 'from'],
    ['a pool too large', { from: Array.from({ length: 101 }, (_, at) => `+1500555${1000 + at}`) }, 'from'],
    ['no message', { message: undefined }, 'message'],
    ['message null', { message: null }, 'message'],
    ['message empty', { message: '' }, 'message'],
    ['message of blanks', { message: ' \n' }, 'message'],
    ['a message of eleven segments', { message: 'a'.repeat(1531) }, 'message'],
    ['one in UCS-2', { message: 'я'.repeat(671) }, 'message'],
    ['one once filled', { message: '{A}', variables: { A: 'a'.repeat(1531) } }, 'message'],
    ['an unfilled variable', { message: 'Hello {NAME}.' }, 'variables.NAME'],
    ['a variable named like a part of every object', { message: '{constructor}' }, 'variables.constructor'],
    ['a variable null', { variables: { A: null } }, 'variables.A'],
    ['an unknown purpose', { purpose: 'person' }, 'purpose'],
    ['schedule_at that is no time', { schedule_at: 'tomorrow' }, 'schedule_at'],
    ['schedule_at in the past', { schedule_at: '2020-01-01T00:00:00Z' }, 'schedule_at'],
    ['schedule_at far away', { schedule_at: '2099-01-01T00:00:00Z' }, 'schedule_at'],
    ['validity_seconds 59', { validity_seconds: 59 }, 'validity_seconds'],
    ['validity_seconds of eight days', { validity_seconds: 691_200 }, 'validity_seconds'],
    ['validity_seconds "60"', { validity_seconds: '60' }, 'validity_seconds'],
    ['smart_encoding "yes"', { smart_encoding: 'yes' }, 'smart_encoding'],
    ['an unknown national table', { national_tables: ['de'] }, 'national_tables.0'],
    ['webhook_url that is none', { webhook_url: 'not a url' }, 'webhook_url'],
    ['webhook_url with a password', { webhook_url: 'https://a:b@example.com/' }, 'webhook_url'],
    ['metadata as a list', { metadata: [] }, 'metadata'],
    ['metadata too large', { metadata: { a: 'a'.repeat(4096) } }, 'metadata'],
    ['an unknown field', { text: 'Hello' }, 'text'],
  ];

  test.each(fields)('%s', async (_, change, field) => {
    await refuses(() => ask('POST', '/sms', { body: { ...good(), ...change } }), 400, 'invalid_request', field);
  });

  test('a sender that is not ours, alone and in a pool', async () => {
    const pool = [SANDBOX_NUMBER, '+12125550199'];
    const said = await refuses(
      () => ask('POST', '/sms', { body: { ...good(), from: pool } }),
      400,
      'sender_not_owned',
      'from',
    );
    expect(said).toContain('+12125550199');
    await refuses(() => ask('POST', '/sms', { body: { ...good(), from: 'ACME' } }), 400, 'sender_not_owned', 'from');
  });

  test.each(['+4930123456', '+19005550100'])('a destination that the outbound rule forbids: %s', async (to) => {
    await refuses(() => ask('POST', '/sms', { body: { ...good(), to } }), 403, 'destination_not_allowed', 'to');
  });

  test('somebody who opted out', async () => {
    const to = '+12125550177';
    await optOut(to);
    await refuses(() => ask('POST', '/sms', { body: { ...good(), to } }), 403, 'recipient_opted_out', 'to');
  });

  test('a live text that no carrier would take, and says how to add one', async () => {
    const options = { body: good(), key: world.keys.live };
    const said = await refuses(() => ask('POST', '/sms', options), 422, 'no_carrier', 'to');
    expect(said).toContain('sidetone carriers add');
  });

  test('a live text that the balance does not pay for', async () => {
    await addCarrier(world.account.id);
    const accountId = world.account.id;
    await setMetering(world.core, { accountId, metering: 'prepaid', actor: 'test' });
    await setPrice(world.core, { unit: 'sms_segment', amount: '1', actor: 'test' });
    await refuses(() => ask('POST', '/sms', { body: good(), key: world.keys.live }), 402, 'insufficient_funds');
    await setMetering(world.core, { accountId, metering: 'off', actor: 'test' });
    expect((await send({}, { key: world.keys.live }))['status']).toBe('queued');
  });

  test('a key without the scope', async () => {
    const { secret: key } = await createKey(world.core, {
      accountId: world.account.id,
      mode: 'test',
      actor: 'test',
      scopes: ['messages:read'],
    });
    expect((await ask('POST', '/sms', { body: good(), key })).status).toBe(403);
    expect((await ask('GET', '/sms', { key })).status).toBe(200);
  });
});

describe('one text', () => {
  test('is queued, with its segments', async () => {
    const reply = await ask('POST', '/sms', {
      body: { ...good(), message: 'Hi {NAME}, 5 €.', variables: { NAME: 'Ann' }, metadata: { order: 7 } },
    });
    expect(reply.status).toBe(201);
    expect(reply.body).toEqual({
      sms_id: expect.stringMatching(/^sms_[0-9a-z]{26}$/) as string,
      status: 'queued',
      to: '+12125550100',
      from: SANDBOX_NUMBER,
      segments: 1,
      encoding: 'gsm7',
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/) as string,
    });
    const shown = await ask('GET', `/sms/${String(reply.body['sms_id'])}`);
    expect(shown.body).toEqual({
      ...reply.body,
      direction: 'out',
      message: 'Hi Ann, 5 €.',
      purpose: 'transactional',
      batch_id: null,
      campaign_id: null,
      scheduled_at: expect.stringMatching(/Z$/) as string,
      expires_at: expect.stringMatching(/Z$/) as string,
      sent_at: null,
      completed_at: null,
      error: null,
      carrier_code: null,
      carrier_detail: null,
      metadata: { order: 7 },
      live: false,
      parts: [],
    });
  });

  test.each([
    ['a'.repeat(161), {}, 2, 'gsm7', 'a'.repeat(161)],
    ['“Ok”…', {}, 1, 'gsm7', '"Ok"...'],
    ['“Ok”…', { smart_encoding: false }, 1, 'ucs2', '“Ok”…'],
    ['Привет', {}, 1, 'ucs2', 'Привет'],
    [`ş${'a'.repeat(80)}`, { national_tables: ['tr'] }, 1, 'gsm7', `ş${'a'.repeat(80)}`],
  ])('%# %j with %j has %i segments in %s', async (message, more, segments, encoding, text) => {
    const sent = await send({ message, ...more });
    expect(sent).toMatchObject({ segments, encoding });
    expect((await ask('GET', `/sms/${String(sent['sms_id'])}`)).body['message']).toBe(text);
  });

  test('with an Idempotency-Key is accepted once', async () => {
    const options = { headers: { 'idempotency-key': 'text-1' } };
    const body = good();
    const first = await ask('POST', '/sms', { body, ...options });
    const again = await ask('POST', '/sms', { body, ...options });
    expect([again.status, again.body]).toEqual([201, first.body]);
    const other = await ask('POST', '/sms', { body: { ...body, message: 'Other' }, ...options });
    expect(other.status).toBe(400);
  });

  test('may be canceled while it waits, once', async () => {
    const id = String((await send())['sms_id']);
    const canceled = await ask('POST', `/sms/${id}/cancel`);
    expect(canceled.body).toMatchObject({ sms_id: id, status: 'canceled', error: { code: 'canceled' } });
    await refuses(() => ask('POST', `/sms/${id}/cancel`), 409, 'sms_already_sent');
  });

  test('is erased once it is over: here, in its events, and where deliveries wait', async () => {
    const id = String((await send({ message: 'Secret', metadata: { a: 1 } }))['sms_id']);
    await refuses(() => ask('DELETE', `/sms/${id}`), 409, 'sms_in_progress');
    await ask('POST', `/sms/${id}/cancel`);
    await world.core.db
      .insertInto('events')
      .values({
        id: `evt_of_${id}`,
        account_id: world.account.id,
        mode: 'test',
        type: 'message.failed',
        subject: id,
        data: JSON.stringify({ to: '+1' }),
        created_at: new Date(world.clock.now()),
      })
      .execute();
    expect((await ask('DELETE', `/sms/${id}`)).status).toBe(204);
    expect((await ask('GET', `/sms/${id}`)).body).toMatchObject({ sms_id: id, message: null, metadata: null });
    const events = await world.core.db.selectFrom('events').select('data').where('subject', '=', id).execute();
    expect(events).toEqual([{ data: {} }]);
  });

  test.each([
    ['GET', '/sms/sms_none'],
    ['POST', '/sms/sms_none/cancel'],
    ['DELETE', '/sms/sms_none'],
    ['GET', '/sms/batches/bat_none'],
  ])('%s %s that is not there is 404', async (method, path) => {
    await refuses(() => ask(method, path), 404, 'not_found');
  });

  test('belongs to its account and mode', async () => {
    const id = String((await send())['sms_id']);
    const account = await createAccount(world.core, { name: 'Other texts', actor: 'test' });
    const { secret } = await createKey(world.core, { accountId: account.id, mode: 'test', actor: 'test' });
    for (const key of [secret, world.keys.live]) {
      await refuses(() => ask('GET', `/sms/${id}`, { key }), 404, 'not_found');
      await refuses(() => ask('POST', `/sms/${id}/cancel`, { key }), 404, 'not_found');
      await refuses(() => ask('DELETE', `/sms/${id}`, { key }), 404, 'not_found');
    }
    expect((await ask('GET', '/sms', { key: secret })).body).toEqual({ messages: [], next_cursor: null });
    await refuses(() => ask('POST', '/sms', { key: secret, body: good() }), 400, 'sender_not_owned', 'from');
  });
});

describe('many texts', () => {
  test('stand each for itself', async () => {
    const gone = '+12125550178';
    await optOut(gone);
    const reply = await ask('POST', '/sms', {
      body: {
        ...good(),
        to: undefined,
        message: 'Hi {NAME}, {PLACE}.',
        variables: { PLACE: 'Main St' },
        messages: [
          { to: '+12125550110', variables: { NAME: 'Ann' } },
          { to: '+12125550111' },
          { to: '+12125550110', variables: { NAME: 'Ann again' } },
          { to: 'nobody' },
          { to: 5 },
          'not even an object',
          { to: gone, variables: { NAME: 'Gone' } },
          { to: '+4930123456', variables: { NAME: 'Far' } },
          { to: '+12125550112', message: 'Привет', metadata: { own: true }, surprise: 1 },
          { to: '+12125550113', message: 'Привет', metadata: { own: true }, variables: { PLACE: 'there' } },
        ],
      },
    });
    expect(reply.status).toBe(201);
    const { messages, errors, ...rest } = reply.body as { messages: Record<string, unknown>[]; errors: unknown[] };
    expect(rest).toEqual({
      batch_id: expect.stringMatching(/^bat_/) as string,
      status: 'queued',
      total: 10,
      accepted: 2,
      created_at: expect.stringMatching(/Z$/) as string,
    });
    expect(messages).toMatchObject([
      { index: 0, to: '+12125550110', segments: 1, encoding: 'gsm7' },
      { index: 9, to: '+12125550113', segments: 1, encoding: 'ucs2' },
    ]);
    const said = (code: string, field: string): object => ({ code, field, message: expect.any(String) as string });
    expect(errors).toEqual([
      { index: 1, to: '+12125550111', error: said('invalid_request', 'variables.NAME') },
      {
        index: 2,
        to: '+12125550110',
        error: { code: 'duplicate_recipient', field: 'to', message: 'The same recipient is at index 0.' },
      },
      { index: 3, to: 'nobody', error: said('invalid_request', 'to') },
      { index: 4, to: null, error: said('invalid_request', 'to') },
      { index: 5, to: null, error: said('invalid_request', '') },
      { index: 6, to: gone, error: said('recipient_opted_out', 'to') },
      { index: 7, to: '+4930123456', error: said('destination_not_allowed', 'to') },
      { index: 8, to: '+12125550112', error: said('invalid_request', 'surprise') },
    ]);
    const shown = await ask('GET', `/sms/${String(messages[0]?.['sms_id'])}`);
    expect(shown.body).toMatchObject({ message: 'Hi Ann, Main St.', batch_id: reply.body['batch_id'] });
    expect((await ask('GET', `/sms/${String(messages[1]?.['sms_id'])}`)).body['metadata']).toEqual({ own: true });
    expect((await ask('GET', `/sms/batches/${String(reply.body['batch_id'])}`)).body).toMatchObject({
      total: 2,
      segments: 2,
      statuses: { queued: 2 },
    });
    const { body: list } = await ask('GET', `/sms?batch_id=${String(reply.body['batch_id'])}`);
    expect((list['messages'] as unknown[]).length).toBe(2);
  });

  test('a list of one is a batch too', async () => {
    expect(await send({ to: ['+12125550114'] })).toMatchObject({ total: 1, accepted: 1, errors: [] });
  });

  test('ten thousand are taken in one request, and one more is not', async () => {
    const numbers = Array.from({ length: 10_000 }, (_, at) => `+1213${5_000_000 + at}`);
    expect(await send({ to: numbers })).toMatchObject({ total: 10_000, accepted: 10_000 });
    await refuses(
      () => ask('POST', '/sms', { body: { ...good(), to: [...numbers, '+12145550100'] } }),
      400,
      'invalid_request',
      'to',
    );
  });
});

describe('a pool', () => {
  test('keeps to the number that wrote last, prefers the same country, and is used evenly', async () => {
    const german = '+4930555010';
    for (const number of [OTHER, german]) {
      await addNumber(world.core, { accountId: world.account.id, mode: 'test', number, actor: 'test' });
    }
    const pool = [SANDBOX_NUMBER, OTHER, german];
    const fromOf = async (to: string) => (await send({ to, from: pool }))['from'];
    await send({ to: '+12125550120', from: german });
    expect(await fromOf('+12125550120')).toBe(german);
    expect(await fromOf('+4930123456')).toBe(german);
    const batch = await send({ to: Array.from({ length: 200 }, (_, at) => `+1646555${1000 + at}`), from: pool });
    const senders = (batch['messages'] as { from: string }[]).map(({ from }) => from);
    expect(new Set(senders)).toEqual(new Set([SANDBOX_NUMBER, OTHER]));
    expect(Math.abs(senders.filter((from) => from === OTHER).length - 100)).toBeLessThan(40);
    for (const [at, from] of senders.slice(0, 5).entries()) expect(await fromOf(`+1646555${1000 + at}`)).toBe(from);
  });
});

describe('a short code and a name', () => {
  test('send texts, and place no calls', async () => {
    const accountId = world.account.id;
    await addNumber(world.core, { accountId, mode: 'test', number: '12345', kind: 'short_code', actor: 'test' });
    await addNumber(world.core, { accountId, mode: 'test', number: 'Acme 24', kind: 'alphanumeric', actor: 'test' });
    for (const from of ['12345', 'Acme 24']) {
      expect(await send({ from })).toMatchObject({ from });
      const call = { to: '+12125550100', from, message: 'Hello.' };
      await refuses(() => ask('POST', '/calls', { body: call }), 400, 'invalid_request', 'from');
    }
    const numbers = await world.request('GET', '/v1/numbers');
    expect((numbers.body['data'] as { telnum: string }[]).map(({ telnum }) => telnum)).not.toContain('12345');
  });
});

describe('GET /sms', () => {
  test('gives pages, and filters', async () => {
    const to = '+12125550130';
    for (let count = 0; count < 3; count += 1) await send({ to });
    const ids = async (query: string) =>
      ((await ask('GET', `/sms?${query}`)).body['messages'] as { sms_id: string }[]).map(({ sms_id }) => sms_id);
    const all = await ids(`to=${encodeURIComponent(to)}`);
    expect(all).toHaveLength(3);
    const { body: page } = await ask('GET', `/sms?to=${encodeURIComponent(to)}&limit=2`);
    expect((page['messages'] as { sms_id: string }[]).map(({ sms_id }) => sms_id)).toEqual(all.slice(0, 2));
    const next = String(page['next_cursor']);
    expect(await ids(`to=${encodeURIComponent(to)}&limit=2&cursor=${next}`)).toEqual(all.slice(2));
    await ask('POST', `/sms/${all[0] ?? ''}/cancel`);
    expect(await ids(`to=${encodeURIComponent(to)}&status=canceled`)).toEqual([all[0]]);
    expect(await ids(`to=${encodeURIComponent(to)}&direction=in`)).toEqual([]);
    expect(await ids(`to=${encodeURIComponent(to)}&from=${encodeURIComponent(OTHER)}`)).toEqual([]);
    const now = new Date(world.clock.now()).toISOString();
    expect(await ids(`to=${encodeURIComponent(to)}&created_after=${now}`)).toEqual(all);
    expect(await ids(`to=${encodeURIComponent(to)}&created_before=${now}`)).toEqual([]);
  });

  test.each(['limit=0', 'limit=101', 'status=lost', 'direction=sideways', 'created_after=noon', 'page=2'])(
    'refuses %s',
    async (query) => {
      await refuses(() => ask('GET', `/sms?${query}`), 400, 'invalid_request', query.split('=')[0]);
    },
  );

  test.each([
    ['all', sql``, 'messages_'],
    ['a recipient’s', sql`and to_address = '+12135000001'`, 'messages_to'],
    ['a batch’s', sql`and batch_id = 'bat_x'`, 'messages_batch'],
  ])('of %s texts reads an index', async (_, more, index) => {
    await sql`analyze messages`.execute(world.core.db);
    const { rows } = await sql<{ 'QUERY PLAN': string }>`
      explain select * from messages where account_id = ${world.account.id} and mode = 'test' ${more}
      order by id desc limit 51`.execute(world.core.db);
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
    expect(plan).toMatch(new RegExp(`Index Scan.* ${index}`));
  });
});

describe('POST /sms/preview', () => {
  test('says how a text would be written', async () => {
    const { status, body } = await ask('POST', '/sms/preview', {
      body: { message: 'Hallo {NAME} 😀, ж', variables: {} },
    });
    expect(status).toBe(200);
    expect(body).toEqual({
      text: 'Hallo {NAME} 😀, ж',
      encoding: 'ucs2',
      segments: 1,
      too_long: false,
      ucs2_characters: ['😀', 'ж'],
      missing_variables: ['NAME'],
    });
    const long = await ask('POST', '/sms/preview', { body: { message: 'a'.repeat(2000) } });
    expect(long.body).toMatchObject({ segments: 14, too_long: true, ucs2_characters: [] });
    const turkish = await ask('POST', '/sms/preview', { body: { message: 'ş'.repeat(77), to: '+905321234567' } });
    expect(turkish.body).toMatchObject({ encoding: 'gsm7', segments: 1 });
  });

  test.each([
    ['no message', {}, 'message'],
    ['an empty one', { message: ' ' }, 'message'],
    ['an unknown field', { message: 'x', from: '+1' }, 'from'],
  ])('refuses %s', async (_, body, field) => {
    await refuses(() => ask('POST', '/sms/preview', { body }), 400, 'invalid_request', field);
  });
});

test.each([
  ['message.sent', 'sms.sent', { status: 'sent' }, null],
  ['message.delivered', 'sms.delivered', { status: 'delivered' }, null],
  [
    'message.failed',
    'sms.failed',
    { status: 'failed', reason: 'refused', carrier_code: '0x58', carrier_detail: 'Throttled' },
    { code: 'refused', message: 'The carrier refused the text.' },
  ],
] as const)('%s is told as %s, without what the text says', async (type, event, state, error) => {
  const { sms_id: id } = await send({ metadata: { order: 7 } });
  const row = await world.core.db
    .selectFrom('messages')
    .selectAll()
    .where('id', '=', String(id))
    .executeTakeFirstOrThrow();
  const rendered = renderOutreachEvent({
    id: 'evt_1',
    accountId: world.account.id,
    mode: 'test',
    type,
    subject: row.id,
    data: messageFacts({ ...row, ...state }),
    at: new Date('2026-12-01T15:00:00.123Z'),
  });
  expect(rendered?.body).toEqual({
    event,
    sms_id: id,
    to: '+12125550100',
    from: SANDBOX_NUMBER,
    status: state.status,
    segments: 1,
    encoding: 'gsm7',
    batch_id: null,
    campaign_id: null,
    error,
    carrier_code: 'carrier_code' in state ? state.carrier_code : null,
    carrier_detail: 'carrier_detail' in state ? state.carrier_detail : null,
    metadata: { order: 7 },
    timestamp: '2026-12-01T15:00:00Z',
  });
});

async function optOut(address: string): Promise<void> {
  await world.core.db.transaction().execute((tx) =>
    suppress(tx, world.core.secrets, {
      accountId: world.account.id,
      mode: 'test',
      address,
      source: 'owner',
      at: new Date(world.clock.now()),
    }),
  );
}

async function addCarrier(accountId: string): Promise<void> {
  const at = new Date(world.clock.now());
  await world.core.db
    .insertInto('carriers')
    .values({ id: 'crr_1', account_id: accountId, name: 'some carrier', kind: 'http', created_at: at, updated_at: at })
    .execute();
}
