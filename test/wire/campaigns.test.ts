import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createAccount, createKey, setOutreachPolicy } from '#core/accounts/index.js';
import { addNumber } from '#core/numbers/index.js';
import { openWorld, SANDBOX_NUMBER, type Reply, type RequestOptions, type World } from '../world.js';

/** Request -> response of the campaigns of the Outreach door. */
let world: World;

beforeAll(async () => {
  world = await openWorld();
});
afterAll(async () => {
  expect(await world.violations()).toEqual([]);
  await world.close();
});

function ask(method: string, path: string, options: RequestOptions = {}): Promise<Reply> {
  return world.request(method, `/api/v1${path}`, options);
}

const GOOD = {
  name: 'Reminders',
  purpose: 'transactional',
  from: SANDBOX_NUMBER,
  message: 'Hello {FIRST_NAME}.',
  start: false,
  contacts: [
    { phone: '+15005550001', first_name: 'Ann' },
    { phone: '+15005550020', variables: { FIRST_NAME: 'Bob' } },
  ],
};
const create = (change: object = {}, options: RequestOptions = {}) =>
  ask('POST', '/campaigns', { body: { ...GOOD, ...change }, ...options });
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/;

describe('POST /campaigns', () => {
  test('answers with the documented fields, and no errors', async () => {
    const reply = await create({ start: true, schedule_at: '2026-03-03T15:00:00Z' });
    expect(reply.status, JSON.stringify(reply.body)).toBe(201);
    expect(reply.body).toEqual({
      campaign_id: expect.stringMatching(/^cmp_[0-9a-z]{26}$/) as string,
      status: 'scheduled',
      total: 2,
      created_at: expect.stringMatching(TIME) as string,
      errors: [],
    });
    await ask('POST', `/campaigns/${String(reply.body['campaign_id'])}/cancel`);
  });

  test('takes the good rows and names the bad ones by their index', async () => {
    const reply = await create({
      contacts: [
        { phone: 'nobody', first_name: 'Ann' },
        ...GOOD.contacts,
        { phone: '+15005550001', first_name: 'Ann again' },
        { phone: '+15005550003' },
        { phone: '+15005550004', first_name: 'Eve', time_zone: 'Nowhere/Land' },
      ],
    });
    expect(reply.status).toBe(201);
    expect(reply.body).toMatchObject({ total: 2, status: 'draft' });
    const error = (code: string, field: string) => ({ code, field, message: expect.any(String) as string });
    expect(reply.body['errors']).toEqual([
      { index: 0, phone: 'nobody', error: error('invalid_request', 'phone') },
      { index: 3, phone: '+15005550001', error: error('duplicate_recipient', 'phone') },
      { index: 4, phone: '+15005550003', error: error('invalid_request', 'variables.FIRST_NAME') },
      { index: 5, phone: '+15005550004', error: error('invalid_request', 'time_zone') },
    ]);
  });

  test('rows that are malformed stop no other', async () => {
    const rows = [
      null,
      'Ann',
      {},
      { phone: null },
      { phone: 15005550005 },
      { phone: '+15005550006', first_nme: 'Ann' },
    ];
    const reply = await create({ contacts: [...rows, ...GOOD.contacts] });
    expect([reply.status, reply.body]).toMatchObject([201, { total: 2 }]);
    const errors = reply.body['errors'] as { index: number; phone: string | null; error: { field: string } }[];
    expect(errors.map(({ index, phone, error }) => [index, phone, error.field])).toEqual([
      [0, null, 'phone'],
      [1, 'Ann', 'phone'],
      [2, null, 'phone'],
      [3, null, 'phone'],
      [4, null, 'phone'],
      [5, '+15005550006', 'first_nme'],
    ]);
    const calls = await ask('POST', '/calls', {
      body: {
        from: SANDBOX_NUMBER,
        message: 'Hello.',
        calls: [{ to: null }, { to: '+15005550001' }, { to: 'x', a: 1 }],
      },
    });
    expect([calls.status, calls.body]).toMatchObject([
      201,
      {
        total: 1,
        errors: [
          { index: 0, phone: null, error: { field: 'to' } },
          { index: 2, error: { field: 'a' } },
        ],
      },
    ]);
    const list = await ask('POST', '/calls', {
      body: { from: SANDBOX_NUMBER, message: 'Hello.', to: [null, '+15005550001', 7] },
    });
    expect([list.status, list.body]).toMatchObject([201, { total: 1, errors: [{ index: 0 }, { index: 2 }] }]);
    for (const { body } of [calls, list]) await ask('POST', `/campaigns/${String(body['campaign_id'])}/cancel`);
  });

  const refusals: [what: string, change: Record<string, unknown>, field: string][] = [
    ['no name', { name: undefined }, 'name'],
    ['an empty name', { name: ' ' }, 'name'],
    ['no purpose', { purpose: undefined }, 'purpose'],
    ['an unknown purpose', { purpose: 'fun' }, 'purpose'],
    ['no from', { from: undefined }, 'from'],
    ['an empty pool', { from: [] }, 'from'],
    ['the same number twice in the pool', { from: [SANDBOX_NUMBER, SANDBOX_NUMBER] }, 'from'],
    ['no message', { message: undefined }, 'message'],
    ['an unknown voice', { voice: 'en-US-Nobody' }, 'voice'],
    ['a bad key', { dtmf: { '12': { action: 'hangup' } } }, 'dtmf.12'],
    ['keys in a text', { channel: 'sms', dtmf: { '9': { action: 'optout' } } }, 'dtmf'],
    ['nobody', { contacts: [] }, 'contacts'],
    ['no recipients at all', { contacts: undefined }, 'contacts'],
    ['two kinds of recipients', { list_id: 'lst_1' }, 'contacts'],
    ['only bad rows', { contacts: [{ phone: '1' }, { phone: '2' }] }, 'contacts.0'],
    ['an unknown field of a row', { contacts: [{ phone: '+15005550001', name: 'x' }] }, 'contacts.0'],
    ['a start in the past', { start_at: '2020-01-01T00:00:00Z' }, 'start_at'],
    ['a start that is no time', { start_at: 'soon' }, 'start_at'],
    ['two starts', { start_at: '2026-04-01T00:00:00Z', schedule_at: '2026-04-01T00:00:00Z' }, 'schedule_at'],
    ['an end before the start', { start_at: '2026-04-02T00:00:00Z', end_at: '2026-04-01T00:00:00Z' }, 'end_at'],
    ['an end in the past', { end_at: '2026-01-01T00:00:00Z' }, 'end_at'],
    ['an unknown zone', { timezone: 'Nowhere/Land' }, 'timezone'],
    ['a window without end', { calling_window: { start: '09:00' } }, 'calling_window.end'],
    ['a window of no times', { calling_window: { start: '9', end: '17:00' } }, 'calling_window.start'],
    ['a window without days', { calling_window: { start: '09:00', end: '17:00', days: [] } }, 'calling_window.days'],
    [
      'a window that never opens before the end',
      { calling_window: { start: '09:00', end: '10:00', days: ['sun'] }, end_at: '2026-03-06T00:00:00Z' },
      'calling_window',
    ],
    [
      'marketing before eight',
      { purpose: 'marketing', calling_window: { start: '06:00', end: '20:00' } },
      'calling_window.start',
    ],
    [
      'marketing after nine',
      { purpose: 'marketing', calling_window: { start: '09:00', end: '22:00' } },
      'calling_window.end',
    ],
    ['no tries', { retry: { max_attempts: 0 } }, 'retry.max_attempts'],
    ['too many tries', { retry: { max_attempts: 11 } }, 'retry.max_attempts'],
    ['tries after an answer', { retry: { on: ['answered'] } }, 'retry.on'],
    ['tries without a pause', { retry: { minutes_between: 0 } }, 'retry.minutes_between'],
    ['no pace', { calls_per_second: 0 }, 'calls_per_second'],
    ['half a channel', { max_concurrent: 0.5 }, 'max_concurrent'],
    ['a webhook that is none', { webhook_url: 'x' }, 'webhook_url'],
    ['an unknown field', { color: 'red' }, 'color'],
  ];
  test.each(refusals)('refuses %s', async (_what, change, field) => {
    const reply = await create(change);
    expect(reply.status, JSON.stringify(reply.body)).toBe(400);
    expect(reply.body['error']).toMatchObject({ code: 'invalid_request', field });
  });

  test('refuses a sender that is not ours, and lists and uploads that are not there', async () => {
    expect((await create({ from: '+18005550177' })).body['error']).toMatchObject({
      code: 'sender_not_owned',
      field: 'from',
    });
    const list = await create({ contacts: undefined, list_id: 'lst_1' });
    expect([list.status, list.body['error']]).toEqual([404, expect.objectContaining({ field: 'list_id' })]);
    const upload = await create({ contacts: undefined, upload_id: 'upl_1' });
    expect(upload.status).toBe(404);
  });
});

describe('a draft', () => {
  test('is shown, listed, changed, started, canceled and deleted, each state refusing what does not go', async () => {
    const id = String((await create({ name: 'Draft of ours' })).body['campaign_id']);
    const shown = await ask('GET', `/campaigns/${id}`);
    expect(shown.body).toMatchObject({
      ...{ campaign_id: id, name: 'Draft of ours', status: 'draft', channel: 'voice', purpose: 'transactional' },
      ...{ total: 2, progress_percent: 0, rate_per_minute: 0, estimated_end_at: null, stalled: null, live: false },
      stats: { total: 2, waiting: 2, active: 0, completed: 0, answered: 0, skipped: 0 },
    });
    expect((await ask('GET', '/campaigns?status=draft')).body['campaigns']).toContainEqual(
      expect.objectContaining({ campaign_id: id }),
    );
    const changed = await ask('PATCH', `/campaigns/${id}`, {
      body: { name: 'Another', max_concurrent: 2, start_at: '2026-03-04T10:00:00Z' },
    });
    expect(changed.body).toMatchObject({ name: 'Another', max_concurrent: 2, start_at: '2026-03-04T10:00:00Z' });
    const early = await ask('PATCH', `/campaigns/${id}`, { body: { end_at: '2026-03-04T09:00:00Z' } });
    expect(early).toMatchObject({ status: 400, body: { error: { field: 'end_at' } } });
    for (const verb of ['pause', 'resume']) {
      expect((await ask('POST', `/campaigns/${id}/${verb}`)).body['error']).toMatchObject({ code: 'wrong_state' });
    }
    expect((await ask('POST', `/campaigns/${id}/start`)).body).toMatchObject({ status: 'scheduled' });
    expect((await ask('POST', `/campaigns/${id}/pause`)).body).toMatchObject({ status: 'paused' });
    expect((await ask('POST', `/campaigns/${id}/resume`)).body).toMatchObject({ status: 'scheduled' });
    expect((await ask('DELETE', `/campaigns/${id}`)).status).toBe(409);
    expect((await ask('POST', `/campaigns/${id}/cancel`)).body).toMatchObject({
      ...{ status: 'canceled', reason: 'It was canceled on request.' },
    });
    await world.settle();
    expect((await ask('GET', `/campaigns/${id}`)).body['stats']).toMatchObject({
      ...{ waiting: 0, skipped: 2, skipped_by_reason: { canceled: 2 } },
    });
    const recipients = await ask('GET', `/campaigns/${id}/recipients?limit=1`);
    expect(recipients.body).toMatchObject({
      recipients: [{ phone: '+15005550001', status: 'skipped', outcome: 'canceled', attempts: 0 }],
      next_cursor: '1',
    });
    const csv = await ask('GET', `/campaigns/${id}/recipients/export`);
    expect(csv.raw.toString().split('\r\n')).toMatchObject([
      expect.stringMatching(/^phone,status,/) as string,
      expect.stringMatching(/^\+15005550001,skipped,canceled,/) as string,
      expect.stringMatching(/^\+15005550020,skipped,canceled,/) as string,
      '',
    ]);
    expect((await ask('DELETE', `/campaigns/${id}`)).status).toBe(204);
    expect((await ask('GET', `/campaigns/${id}`)).status).toBe(404);
  });

  test('is of its mode and account only', async () => {
    const { core } = world;
    const other = await createAccount(core, { name: 'Other', actor: 'test' });
    const { secret: key } = await createKey(core, { accountId: other.id, mode: 'test', actor: 'test' });
    const id = String((await create()).body['campaign_id']);
    for (const stranger of [key, world.keys.live]) {
      for (const [method, path] of [
        ['GET', ''],
        ['GET', '/recipients'],
        ['GET', '/recipients/export'],
        ['GET', '/calls'],
        ['POST', '/start'],
        ['POST', '/cancel'],
        ['DELETE', ''],
      ] as const) {
        expect((await ask(method, `/campaigns/${id}${path}`, { key: stranger })).status, path).toBe(404);
      }
    }
    // A number of the account in its other mode is no sender in this one.
    await addNumber(core, { accountId: world.account.id, mode: 'live', number: '+12125550177', actor: 'test' });
    expect((await create({ from: '+12125550177' })).body['error']).toMatchObject({ code: 'sender_not_owned' });
  });
});

describe('who speaks', () => {
  const SENDER = '+12125550188';
  const policy = (name: 'unregistered' | 'caller_name', value: string | null) =>
    setOutreachPolicy(world.core, { accountId: world.account.id, name, value, actor: 'test' });
  const rename = (name: string) =>
    world.core.db.updateTable('accounts').set({ name }).where('id', '=', world.account.id).execute();

  test('a number that nobody registered is warned of, or sends no campaign where the account says so', async () => {
    await addNumber(world.core, { accountId: world.account.id, mode: 'test', number: SENDER, actor: 'test' });
    const texts = { channel: 'sms', from: SENDER, message: 'Hello.' };
    const warned = await create(texts);
    const warnings = [expect.stringContaining(`${SENDER} belongs to no active registration`) as string];
    expect([warned.status, warned.body]).toMatchObject([201, { status: 'draft', warnings }]);
    const path = `/campaigns/${String(warned.body['campaign_id'])}`;
    expect((await ask('POST', `${path}/preview`)).body).toMatchObject({ warnings });

    await policy('unregistered', 'refuse');
    const refused = [403, { error: { code: 'sender_not_registered', field: 'from' } }];
    const answers = [
      await create(texts),
      await ask('POST', '/campaigns/preview', { body: { ...GOOD, ...texts } }),
      await ask('POST', `${path}/preview`),
      await ask('POST', `${path}/start`),
    ];
    for (const { status, body } of answers) expect([status, body]).toMatchObject(refused);
    // Whom it calls is no matter of registrations.
    expect((await create({ from: SENDER })).status).toBe(201);
    await policy('unregistered', null);
  });

  test('a marketing call that could not say who is calling is refused', async () => {
    const marketing = { purpose: 'marketing', contacts: [{ phone: '+12125550101', first_name: 'Ann', consent: true }] };
    const draft = await create(marketing);
    const body = { to: '+12125550101', from: SANDBOX_NUMBER, message: 'We have shoes.', purpose: 'marketing' };
    const refused = [403, { error: { code: 'no_caller_name', field: 'purpose' } }];
    await rename('Default');
    const answers = [
      await create(marketing),
      await ask('POST', '/campaigns/preview', { body: { ...GOOD, ...marketing } }),
      await ask('POST', `/campaigns/${String(draft.body['campaign_id'])}/start`),
      await ask('POST', '/calls', { body }),
    ];
    for (const { status, body: said } of answers) expect([status, said]).toMatchObject(refused);
    expect((await create({ ...marketing, channel: 'sms', message: 'Shoes.' })).status).toBe(201);
    await policy('caller_name', 'The shoe shop');
    expect((await create(marketing)).status).toBe(201);
    await policy('caller_name', null);
    await rename('Test account');
  });
});

test('somebody who is erased while they wait is counted as skipped', async () => {
  const phone = '+15005550077';
  const { body: contact } = await ask('POST', '/contacts', { body: { phone } });
  const id = String(
    (await create({ message: 'Hello.', contacts: [{ phone }, { phone: '+15005550078' }] })).body['campaign_id'],
  );
  expect((await ask('POST', `/contacts/${String(contact['contact_id'])}/erase`)).status).toBe(200);
  expect((await ask('GET', `/campaigns/${id}`)).body['stats']).toMatchObject({
    ...{ total: 2, waiting: 1, skipped: 1, skipped_by_reason: { erased: 1 } },
  });
  const gone = await ask('GET', `/campaigns/${id}/recipients?outcome=erased`);
  expect(gone.body['recipients']).toMatchObject([{ phone: 'erased-1', status: 'skipped', next_attempt_at: null }]);
});

describe('POST /calls with more than one', () => {
  const BATCH = { from: SANDBOX_NUMBER, message: 'Hello.', schedule_at: '2026-03-03T15:00:00Z' };

  test('becomes a campaign', async () => {
    const reply = await ask('POST', '/calls', { body: { ...BATCH, to: ['+15005550001', '+15005550002', 'x'] } });
    expect(reply.status, JSON.stringify(reply.body)).toBe(201);
    expect(reply.body).toEqual({
      campaign_id: expect.stringMatching(/^cmp_/) as string,
      status: 'scheduled',
      total: 2,
      created_at: expect.stringMatching(TIME) as string,
      errors: [
        {
          index: 2,
          phone: 'x',
          error: { code: 'invalid_request', message: expect.any(String) as string, field: 'to' },
        },
      ],
    });
    const own = await ask('POST', '/calls', {
      body: {
        ...BATCH,
        message: 'Hello {NAME}.',
        variables: { NAME: 'you' },
        calls: [{ to: '+15005550005' }, { to: '+15005550006', variables: { NAME: 'Ann' }, metadata: { a: 1 } }],
      },
    });
    expect(own.body, JSON.stringify(own.body)).toMatchObject({ total: 2, errors: [] });
    for (const { body } of [reply, own]) await ask('POST', `/campaigns/${String(body['campaign_id'])}/cancel`);
  });

  test.each([
    ['an empty list', { to: [] }, 'to'],
    ['only bad ones', { to: ['x'] }, 'to.0'],
    ['both ways at once', { to: '+15005550001', calls: [{ to: '+15005550002' }] }, 'to'],
    ['a row with an unknown field', { calls: [{ to: '+15005550002', from: 'x' }] }, 'calls.0'],
  ])('refuses %s', async (_what, change, field) => {
    const reply = await ask('POST', '/calls', { body: { ...BATCH, ...change } });
    expect([reply.status, reply.body['error']]).toEqual([400, expect.objectContaining({ field })]);
  });
});

describe('a preview', () => {
  test('says who would be skipped and why, before a campaign is there and after', async () => {
    const plan = {
      ...{ purpose: 'marketing', channel: 'sms', message: 'Hello.' },
      contacts: [
        { phone: '+12125550101', consent: 'web form' },
        { phone: '+12125550102' },
        { phone: '+442079460000', consent: 'web form' },
        { phone: 'x' },
      ],
    };
    const { contacts, ...shared } = { ...GOOD, ...plan };
    const before = await ask('POST', '/campaigns/preview', { body: { ...shared, contacts } });
    const expected = {
      ...{ total: 3, reachable: 1, skipped: 2, skipped_by_reason: { no_consent: 1, not_allowed: 1 }, segments: 1 },
      first_skipped: [
        { phone: '+12125550102', reason: 'no_consent' },
        { phone: '+442079460000', reason: 'not_allowed' },
      ],
      ...{ estimated_cost: 0, estimated_seconds: 1 },
    };
    expect(before.status, JSON.stringify(before.body)).toBe(200);
    expect(before.body).toMatchObject({ ...expected, errors: [{ index: 3, phone: 'x' }] });
    const id = String((await create(plan)).body['campaign_id']);
    expect((await ask('POST', `/campaigns/${id}/preview`)).body).toMatchObject({ ...expected, errors: [] });
  });
});
