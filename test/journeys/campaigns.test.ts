import { afterEach, beforeEach, expect, test } from 'vitest';
import { HeldClock } from '../held-clock.js';
import { openReceiver, type Receiver } from '../receiver.js';
import { openWorld, SANDBOX_NUMBER, type World } from '../world.js';

/** Campaigns from their first call to their last, over the simulated network. */
let world: World;
let receiver: Receiver;

beforeEach(async () => {
  world = await openWorld();
  receiver = await openReceiver();
});
afterEach(async () => {
  expect(await world.violations()).toEqual([]);
  await world.close();
  await receiver.close();
});

async function create(more: object): Promise<string> {
  const reply = await world.request('POST', '/api/v1/campaigns', {
    body: { name: 'Many', purpose: 'transactional', from: SANDBOX_NUMBER, message: 'Hello.', ...more },
  });
  expect(reply.status, JSON.stringify(reply.body)).toBe(201);
  return String(reply.body['campaign_id']);
}

const look = async (id: string) => (await world.request('GET', `/api/v1/campaigns/${id}`)).body;
const change = async (id: string, verb: string) =>
  (await world.request('POST', `/api/v1/campaigns/${id}/${verb}`)).body;

async function until(id: string, status: string, withinMs = 3_600_000): Promise<Record<string, unknown>> {
  await world.runUntil(`${id} ${status}`, async () => (await look(id))['status'] === status, withinMs);
  await world.settle();
  return look(id);
}

/** Busy, no answer, a machine, somebody who opts out, somebody who listens; in turn. */
const NUMBERS = ['+15005550020', '+15005550022', '+15005550040', '+15005550009'];
const number = (n: number): string => NUMBERS[n] ?? `+1212555${String(1000 + n)}`;

test('of forty calls every one is made once, and the figures are those of the calls', async () => {
  const id = await create({
    contacts: Array.from({ length: 40 }, (_, n) => ({ phone: number(n) })),
    dtmf: { '9': { action: 'optout' } },
    retry: { max_attempts: 2, on: ['busy'], minutes_between: 1 },
    webhook_url: `${receiver.url}/campaign`,
  });
  const done = await until(id, 'completed');
  const calls = await world.core.db
    .selectFrom('calls')
    .select(['status', 'recipient', 'try', 'to_number'])
    .where('campaign_id', '=', id)
    .execute();
  expect(calls).toHaveLength(41);
  expect(new Set(calls.map((call) => `${call.recipient}.${call.try}`)).size).toBe(41);
  expect(done['stats']).toMatchObject({
    ...{ total: 40, waiting: 0, active: 0, completed: 40, skipped: 0 },
    ...{ answered: 36, busy: 1, no_answer: 1, voicemail: 1, opted_out: 1, failed: 0 },
  });
  expect(done).toMatchObject({ progress_percent: 100, estimated_end_at: null });
  await world.runUntil('the last event', () => receiver.events('campaign.completed').length > 0);
  expect(receiver.events('campaign.started')).toHaveLength(1);
  expect(receiver.events('campaign.completed')).toEqual([
    expect.objectContaining({
      campaign_id: id,
      status: 'completed',
      stats: expect.objectContaining({ busy: 1 }) as object,
    }),
  ]);
  const ended = receiver.events('call.completed');
  expect(ended).toHaveLength(37);
  expect(new Set(ended.map((event) => event['campaign_id']))).toEqual(new Set([id]));
  const call = await world.request('GET', `/api/v1/calls/${String(ended[0]?.['call_id'])}`);
  expect(call.body).toMatchObject({ campaign_id: id, direction: 'out' });
});

test('a pause takes back who was not dialled, and a resumed campaign calls everybody once', async () => {
  const id = await create({
    contacts: Array.from({ length: 30 }, (_, n) => ({ phone: number(100 + n) })),
    max_concurrent: 3,
  });
  await world.runUntil('the first calls', async () => ((await look(id))['stats'] as { active: number }).active === 3);
  expect(await change(id, 'pause')).toMatchObject({ status: 'paused' });
  await world.run(120_000);
  const paused = (await look(id))['stats'] as { active: number; waiting: number; completed: number };
  expect(paused.active).toBe(0);
  expect(paused.waiting + paused.completed).toBe(30);
  expect(paused.completed).toBeLessThanOrEqual(3);
  expect(await change(id, 'resume')).toMatchObject({ status: 'running' });
  const done = await until(id, 'completed');
  expect(done['stats']).toMatchObject({ answered: 30, completed: 30 });
  const calls = await world.core.db.selectFrom('calls').select('id').where('campaign_id', '=', id).execute();
  expect(calls).toHaveLength(30);
});

test('a canceled campaign lets calls in progress go on, and tries nobody else', async () => {
  const id = await create({
    contacts: Array.from({ length: 30 }, (_, n) => ({ phone: number(200 + n) })),
    max_concurrent: 2,
  });
  await world.runUntil('a call', async () => ((await look(id))['stats'] as { dialing: number }).dialing === 2);
  expect(await change(id, 'cancel')).toMatchObject({ status: 'canceled' });
  await world.run(120_000);
  expect((await look(id))['stats']).toMatchObject({ ...{ waiting: 0, active: 0, answered: 2, skipped: 28 } });
});

test('people are called within the hours where they are, also on the day the clocks change', async () => {
  await world.close();
  // A Sunday on which in New York 09:00 is 13:00 UTC; the day before it was 14:00.
  world = await openWorld({ clock: new HeldClock(Date.parse('2026-03-08T12:58:00Z')) });
  const id = await create({
    contacts: [
      { phone: '+12125550101' },
      { phone: '+13125550102' },
      { phone: '+12125550103', time_zone: 'America/Los_Angeles' },
    ],
    calling_window: { start: '09:00', end: '17:00' },
  });
  await world.runUntil(
    'the first call',
    async () => ((await look(id))['stats'] as { answered: number }).answered === 1,
  );
  const [call] = await world.core.db.selectFrom('calls').selectAll().where('campaign_id', '=', id).execute();
  expect([call?.to_number, call?.dialing_at?.toISOString().slice(0, 16)]).toEqual(['+12125550101', '2026-03-08T13:00']);
  const { body } = await world.request('GET', `/api/v1/campaigns/${id}/recipients?status=waiting`);
  expect(body['recipients']).toMatchObject([
    { phone: '+13125550102', next_attempt_at: '2026-03-08T14:00:00Z' },
    { phone: '+12125550103', next_attempt_at: '2026-03-08T16:00:00Z' },
  ]);
  expect(await change(id, 'cancel')).toMatchObject({ status: 'canceled' });
});

test('marketing reaches only people whose consent is known, and nobody who opted out', async () => {
  const id = await create({
    purpose: 'marketing',
    contacts: [
      { phone: '+12125550101', consent: 'web form' },
      { phone: '+12125550102' },
      { phone: '+442079460000', consent: 'web form' },
    ],
  });
  const done = await until(id, 'completed');
  expect(done['stats']).toMatchObject({
    answered: 1,
    skipped: 2,
    skipped_by_reason: { no_consent: 1, not_allowed: 1 },
  });
});

test('texts of a campaign are sent, and their receipts are its figures', async () => {
  const id = await create({
    channel: 'sms',
    message: 'Hello {NAME}.',
    contacts: Array.from({ length: 12 }, (_, n) => ({ phone: number(300 + n), variables: { NAME: `No. ${n}` } })),
  });
  const done = await until(id, 'completed');
  expect(done['stats']).toMatchObject({ total: 12, delivered: 12, completed: 12, segments: 12 });
});

test('recipients come by an upload, the good rows in one go', async () => {
  const csv = [
    'Phone,first name,time_zone',
    '+15005550001,Ann,',
    '+15005550002,,America/New_York',
    'x,Eve,',
    '+15005550001,Ann,',
  ];
  const upload = await world.request('POST', '/api/v1/uploads', {
    body: csv.join('\n'),
    headers: { 'content-type': 'text/csv' },
  });
  expect(upload.status, JSON.stringify(upload.body)).toBe(201);
  const id = await create({
    message: 'Hello {FIRST_NAME}.',
    variables: { FIRST_NAME: 'you' },
    upload_id: upload.body['upload_id'],
    columns: { 'first name': 'FIRST_NAME' },
  });
  const done = await until(id, 'completed');
  expect(done).toMatchObject({ total: 2, loading: false, stats: { answered: 2 } });
  const { body } = await world.request('GET', `/api/v1/imports/${String(done['import_id'])}`);
  expect(body, JSON.stringify(body)).toMatchObject({ status: 'completed' });
  const said = await world.core.db.selectFrom('calls').select('script').where('campaign_id', '=', id).execute();
  expect(said.map(({ script }) => 'message' in script && script.message).sort()).toEqual(['Hello Ann.', 'Hello you.']);
});

test('a campaign whose file cannot be used is over, and not loading for ever', async () => {
  const headers = { 'content-type': 'text/csv' };
  const upload = await world.request('POST', '/api/v1/uploads', { body: 'Name\nAnn\n', headers });
  const from = { upload_id: upload.body['upload_id'], webhook_url: `${receiver.url}/campaign` };
  for (const id of [await create(from), await create({ ...from, start: false })]) {
    const over = await until(id, 'canceled', 60_000);
    expect(over).toMatchObject({ loading: false, total: 0, reason: expect.stringContaining('phone') as string });
    const { body } = await world.request('GET', `/api/v1/imports/${String(over['import_id'])}`);
    expect(body).toMatchObject({ status: 'failed' });
    expect((await world.request('DELETE', `/api/v1/campaigns/${id}`)).status).toBe(204);
  }
  await world.runUntil('both events', () => receiver.events('campaign.canceled').length === 2);
  for (const event of receiver.events('campaign.canceled')) expect(event['reason']).toContain('phone');
});

test('texts without receipts keep no other campaign waiting, and nobody active for ever', async () => {
  const texts = { channel: 'sms', contacts: [{ phone: '+15005550075' }] };
  const sent = (id: string) =>
    world.runUntil(`${id} sent`, async () => {
      const { body } = await world.request('GET', `/api/v1/campaigns/${id}/recipients?outcome=sent`);
      return (body['recipients'] as unknown[]).length === 1;
    });
  const first = await create(texts);
  await sent(first);
  expect(await change(first, 'pause')).toMatchObject({ status: 'paused' });
  const second = await create(texts);
  await sent(second);
  await change(first, 'cancel');
  // As if the hour were over in which receipts are waited for.
  await world.core.db
    .updateTable('campaigns')
    .set({ moved_at: new Date(world.clock.now() - 3_600_000) })
    .execute();
  await until(second, 'completed', 60_000);
  await world.runUntil('nobody active', async () => ((await look(first))['stats'] as { active: number }).active === 0);
  expect((await look(first))['stats']).toMatchObject({ completed: 1 });
});
