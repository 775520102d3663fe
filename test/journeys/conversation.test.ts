import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LOOPBACK } from '#carriers/carrier.js';
import { PHONE_SYSTEM_DIALECT } from '#apis/phone-system/index.js';
import { receiveMessage } from '#core/messages/index.js';
import { addNumber } from '#core/numbers/index.js';
import { SAMPLES } from '#core/webhooks/index.js';
import { openReceiver, type Receiver } from '../receiver.js';
import { openWorld, type Reply, type World } from '../world.js';

const OURS = '+15005550123';
const ANNA = '+13055550111';
const THREAD = '15005550123-13055550111';

let world: World;
let receiver: Receiver;
beforeAll(async () => {
  receiver = await openReceiver();
  world = await openWorld();
  await addNumber(world.core, { accountId: world.account.id, mode: 'test', number: OURS, actor: 'test' });
});
afterAll(async () => {
  await world.close();
  await receiver.close();
});

const ask = (method: string, path: string, body?: unknown): Promise<Reply> =>
  world.request(method, `/api/v2${path}`, { body });

describe('subscriptions', () => {
  test('one for each type and URL, listed, and ended', async () => {
    const hookUrl = `${receiver.url}/crm`;
    const made = await ask('POST', '/subscriptions', { hookUrl, type: 'new_call_record' });
    expect(made).toMatchObject({ status: 201, body: { data: { type: 'new_call_record', hookUrl, enabled: true } } });
    const other = await ask('POST', '/subscriptions', { hookUrl, type: 'call_completed' });
    expect(other.status).toBe(201);
    expect(await ask('POST', '/subscriptions', { hookUrl, type: 'new_call_record' })).toMatchObject({
      status: 422,
      body: { errors: { hookUrl: [expect.any(String)] } },
    });
    const listed = await ask('GET', '/subscriptions');
    expect((listed.body['data'] as { type: string }[]).map(({ type }) => type)).toEqual([
      'new_call_record',
      'call_completed',
    ]);
    const id = (made.body['data'] as { id: string }).id;
    expect((await world.request('GET', `/api/v2/subscriptions/${id}`, { key: world.keys.live })).status).toBe(404);
    expect((await world.request('DELETE', `/api/v2/subscriptions/${id}`, { key: world.keys.live })).status).toBe(404);
    expect((await ask('DELETE', `/subscriptions/${id}`)).status).toBe(204);
    expect((await ask('GET', `/subscriptions/${id}`)).status).toBe(404);
    expect((await ask('POST', '/subscriptions', { hookUrl, type: 'new_call_record' })).status).toBe(201);
  });

  test.each([
    [{ hookUrl: 'not a url', type: 'new_voicemail' }, 'hookUrl'],
    [{ hookUrl: 'ftp://example.com/', type: 'new_voicemail' }, 'hookUrl'],
    [{ hookUrl: 'https://example.com/', type: 'new_fax' }, 'type'],
    [{ type: 'new_voicemail' }, 'hookUrl'],
    [{ hookUrl: 'https://example.com/', type: 'new_voicemail', secret: 'x' }, 'secret'],
  ])('%j is refused', async (body, field) => {
    expect(await ask('POST', '/subscriptions', body)).toMatchObject({
      status: 422,
      body: { errors: { [field]: [expect.any(String)] } },
    });
  });
});

test('a text comes in, is told, read and answered, and the answer is told too', async () => {
  const hookUrl = `${receiver.url}/texts`;
  expect((await ask('POST', '/subscriptions', { hookUrl, type: 'new_text_message' })).status).toBe(201);
  const told = () => receiver.received.filter(({ path }) => path === '/texts').map(({ body }) => body);
  const stamp = () => new Date(world.clock.now()).toISOString().replace(/\.\d+Z$/, '+00:00');

  const cameAt = stamp();
  await receiveMessage(world.core, LOOPBACK, { from: ANNA, to: OURS, text: 'Is it ready?' });
  await world.runUntil('the text is told', () => told().length === 1);
  const incoming = { direction: 'incoming', from_number: ANNA, to_number: OURS, body: 'Is it ready?', attachments: [] };
  expect(told()).toEqual([{ datetime: cameAt, ...incoming }]);

  const unread = await ask('GET', '/text-conversations?unread=true');
  expect(unread.body['data']).toMatchObject([{ conversation_id: THREAD, unread_count: 1 }]);
  expect((await ask('PATCH', `/text-conversations/${THREAD}/read`)).body).toMatchObject({ data: { unread_count: 0 } });
  expect((await ask('GET', '/text-conversations?unread=true')).body['data']).toEqual([]);

  const answeredAt = stamp();
  const answer = await ask('POST', `/text-conversations/${THREAD}`, { body: 'Yes, come by.' });
  expect(answer.status).toBe(201);
  await world.runUntil('the answer is told', () => told().length === 2);
  const outgoing = {
    direction: 'outgoing',
    from_number: OURS,
    to_number: ANNA,
    body: 'Yes, come by.',
    attachments: [],
  };
  expect(told()[1]).toEqual({ datetime: answeredAt, ...outgoing });
  await world.runUntil('it is delivered', async () => {
    const { body } = await ask('GET', `/text-conversations/${THREAD}/messages`);
    return (body['data'] as { status: string }[])[0]?.status === 'delivered';
  });
  const thread = await ask('GET', `/text-conversations/${THREAD}/messages`);
  expect(thread.body['data']).toMatchObject([
    { body: 'Yes, come by.', direction: 'outgoing', read: true, user_email: null },
    { body: 'Is it ready?', direction: 'incoming', read: true },
  ]);
});

describe('what is told', () => {
  const render = (type: 'call.completed' | 'call.no_answer' | 'voicemail.received', more: object = {}) =>
    PHONE_SYSTEM_DIALECT.render({
      ...{ id: 'evt_1', accountId: 'acc_1', mode: 'live', type, subject: 'x_1' },
      data: { ...SAMPLES[type], ...more },
      at: new Date('2026-09-20T15:05:00.123Z'),
    })?.body;

  test('of calls between people, as documented, and of no others', () => {
    const call = { from: '+13055550111', to: OURS, direction: 'in', callerName: 'Anna', durationSeconds: 42 };
    expect(render('call.completed', call)).toEqual({
      datetime: '2026-09-20T15:04:05+00:00',
      call_result: 'answered',
      direction: 'inbound',
      duration: 42,
      caller_number: '+13055550111',
      called_number: OURS,
      caller_cname: 'Anna',
    });
    expect(render('call.no_answer', { ...call, callerName: null, result: 'hangup' })).toMatchObject({
      call_result: 'hangup',
      caller_cname: '+13055550111',
    });
    expect(render('call.completed', { ...call, purpose: 'emergency' })).toMatchObject({ duration: 42 });
    expect(render('call.completed', { ...call, purpose: 'transactional' })).toBeUndefined();
    expect(render('call.completed', { ...call, purpose: 'internal_leg' })).toBeUndefined();
  });

  test('of voicemail, with what was said', () => {
    expect(render('voicemail.received', { createdAt: '2026-09-20T15:04:05.000Z' })).toEqual({
      datetime: '2026-09-20T15:04:05+00:00',
      call_result: 'missed',
      duration: 8,
      called_number: '+15005550100',
      caller_number: '+15005550001',
      transcription: 'Hello.',
      mailbox_name: 'Sales',
    });
  });
});
