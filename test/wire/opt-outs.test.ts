import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createAccount, createKey } from '#core/accounts/index.js';
import { receiveMessage } from '#core/messages/index.js';
import { LOOPBACK } from '#carriers/carrier.js';
import { openReceiver, type Receiver } from '../receiver.js';
import { openWorld, SANDBOX_NUMBER, type Reply, type RequestOptions, type World } from '../world.js';

let world: World;
let receiver: Receiver;
let otherKey: string;
let people = 0;
beforeAll(async () => {
  world = await openWorld();
  receiver = await openReceiver();
  const other = await createAccount(world.core, { name: 'Other', actor: 'test' });
  otherKey = (await createKey(world.core, { accountId: other.id, mode: 'test', actor: 'test' })).secret;
});
afterAll(async () => {
  await world.close();
  await receiver.close();
});

const somebody = (): string => `+1212559${String((people += 1)).padStart(4, '0')}`;
const post = (path: string, body?: unknown, options: RequestOptions = {}): Promise<Reply> =>
  world.request('POST', `/api/v1${path}`, { ...(body === undefined ? {} : { body }), ...options });
const get = (path: string, options?: RequestOptions): Promise<Reply> => world.request('GET', `/api/v1${path}`, options);
const listed = (reply: Reply, name = 'optouts') => reply.body[name] as Record<string, unknown>[];

describe('POST /dnc', () => {
  test('enters one or many, each once, and stops calls to them', async () => {
    const [one, two] = [somebody(), somebody()];
    const added = await post('/dnc', { phone: one, reason: 'wrote a letter' });
    expect(added.status).toBe(201);
    expect(added.body).toEqual({
      added: 1,
      optouts: [
        {
          optout_id: expect.stringMatching(/^sup_/) as string,
          phone: one,
          scope: 'outreach',
          channel: 'all',
          source: 'owner',
          reason: 'wrote a letter',
          call_id: null,
          sms_id: null,
          review_text: null,
          reviewed_at: null,
          created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/) as string,
          lifted_at: null,
          lifted_reason: null,
          live: false,
        },
      ],
    });
    expect((await post('/dnc', { phones: [one, two, two] })).body).toMatchObject({
      added: 1,
      optouts: [{ phone: two }],
    });
    const call = await post('/calls', { to: two, from: SANDBOX_NUMBER, message: 'Hello.' });
    expect([call.status, call.body]).toMatchObject([403, { error: { code: 'recipient_opted_out' } }]);
  });

  const BAD: [string, unknown, string | undefined][] = [
    ['nothing', {}, 'phone'],
    ['both', { phone: '+12125550100', phones: ['+12125550101'] }, 'phone'],
    ['no list', { phones: '+12125550100' }, 'phones'],
    ['an empty list', { phones: [] }, 'phones'],
    ['too many', { phones: Array.from({ length: 1001 }, () => '+12125550100') }, 'phones'],
    ['a national number', { phone: '2125550100' }, 'phone'],
    ['one bad of many', { phones: ['+12125550100', 'x'] }, 'phones.1'],
    ['an unknown scope', { phone: '+12125550100', scope: 'everything' }, 'scope'],
    ['an unknown channel', { phone: '+12125550100', channel: 'mail' }, 'channel'],
    ['an empty reason', { phone: '+12125550100', reason: ' ' }, 'reason'],
    ['a long reason', { phone: '+12125550100', reason: 'x'.repeat(501) }, 'reason'],
    ['an unknown field', { phone: '+12125550100', until: 'tomorrow' }, 'until'],
  ];
  test.each(BAD)('refuses %s', async (_what, body, field) => {
    const reply = await post('/dnc', body);
    expect([reply.status, reply.body]).toMatchObject([400, { error: { code: 'invalid_request', field } }]);
  });
});

describe('GET /dnc', () => {
  test('lists by page and by filter, and looks one person up with the history', async () => {
    const [a, b] = [somebody(), somebody()];
    await post('/dnc', { phone: a, scope: 'marketing', channel: 'sms' });
    await post('/dnc', { phone: b, scope: 'all' });
    const first = await get('/dnc?limit=1');
    expect(listed(first)).toMatchObject([{ phone: b }]);
    const second = await get(`/dnc?limit=1&cursor=${String(first.body['next_cursor'])}`);
    expect(listed(second)).toMatchObject([{ phone: a }]);
    expect(listed(await get(`/dnc?phone=${encodeURIComponent(a)}`))).toMatchObject([{ phone: a, scope: 'marketing' }]);
    expect(listed(await get('/dnc?scope=all'))).toMatchObject([{ phone: b }]);
    expect(listed(await get('/dnc?channel=sms'))).toMatchObject([{ phone: a }]);
    expect(listed(await get('/dnc?source=key'))).toEqual([]);
    expect(listed(await get('/dnc?since=2099-01-01T00:00:00Z'))).toEqual([]);
    for (const query of ['since=yesterday', 'scope=x', 'limit=0', 'lifted=perhaps', 'colour=red']) {
      const reply = await get(`/dnc?${query}`);
      expect([query, reply.status]).toEqual([query, 400]);
    }
    expect((await get(`/dnc/${a}`)).body).toMatchObject({ opted_out: true, voice: null, sms: 'marketing' });
    expect((await get(`/dnc/${encodeURIComponent(b)}`)).body).toMatchObject({ voice: 'all', sms: 'all' });
    expect((await get(`/dnc/${somebody()}`)).body).toMatchObject({
      opted_out: false,
      voice: null,
      sms: null,
      history: [],
    });
    expect((await get('/dnc/12')).status).toBe(400);
  });

  test('exports what holds, safe for spreadsheets', async () => {
    const [a, b] = [somebody(), somebody()];
    await post('/dnc', { phone: a, reason: '=SUM(1,2)' });
    await post('/dnc', { phone: b });
    await post(`/dnc/${b}/lift`, { reason: 'asked' });
    const reply = await get('/dnc/export');
    expect(reply.headers['content-type']).toContain('text/csv');
    const text = reply.raw.toString();
    expect(text.split('\r\n')[0]).toBe('phone,scope,channel,source,reason,created_at');
    expect(text).toContain(`${a},outreach,all,owner,"'=SUM(1,2)",`);
    expect(text).not.toContain(b);
  });
});

describe('POST /dnc/{phone}/lift', () => {
  test('lifts with a reason, keeps the history, writes it down, and tells the endpoints', async () => {
    const phone = somebody();
    const made = await post('/webhook_endpoints', {
      url: `${receiver.url}/lift`,
      events: ['contact.optin', 'contact.optout'],
    });
    expect(made.status).toBe(201);
    await post('/dnc', { phone });
    for (const [body, field] of [
      [{}, 'reason'],
      [{ reason: '' }, 'reason'],
      [{ reason: 'x', why: 'y' }, 'why'],
    ] as const) {
      expect((await post(`/dnc/${phone}/lift`, body)).body).toMatchObject({ error: { field } });
    }
    const lifted = await post(`/dnc/${phone}/lift`, { reason: 'signed the form of 2 March' });
    expect(listed(lifted, 'lifted')).toMatchObject([{ phone, lifted_reason: 'signed the form of 2 March' }]);
    expect((await post(`/dnc/${phone}/lift`, { reason: 'again' })).status).toBe(404);
    expect((await get(`/dnc/${phone}`)).body).toMatchObject({ opted_out: false, history: [{ source: 'owner' }] });
    expect(listed(await get(`/dnc?phone=${encodeURIComponent(phone)}`))).toEqual([]);
    expect(listed(await get(`/dnc?lifted=true&phone=${encodeURIComponent(phone)}`))).toHaveLength(1);
    await world.runUntil('the webhooks', () => receiver.events('contact.optin').length === 1);
    expect(receiver.events('contact.optin')).toMatchObject([
      { to: phone, source: 'owner', call_id: null, sms_id: null },
    ]);
    expect(receiver.events('contact.optout')).toMatchObject([{ to: phone, source: 'owner', scope: 'outreach' }]);
    const audit = await world.core.db.selectFrom('audit_log').select(['action', 'details']).execute();
    expect(audit.filter(({ action }) => action === 'opt_out.lift').at(-1)?.details).toEqual({ mode: 'test' });
    // Neither a number nor words about people are written into a log that nobody erases.
    expect(JSON.stringify(audit)).not.toMatch(new RegExp(`\\${phone}|2 March`));
    await world.request('DELETE', `/api/v1/webhook_endpoints/${String(made.body['webhook_endpoint_id'])}`);
  });
});

describe('reviews', () => {
  test('are of texts that seem to revoke: kept or lifted, once', async () => {
    const [meant, other] = [somebody(), somebody()];
    for (const from of [meant, other]) {
      await receiveMessage(world.core, LOOPBACK, {
        from,
        to: SANDBOX_NUMBER,
        text: 'wrong number I think',
        inReplyTo: await sent(from),
      });
    }
    const reviews = listed(await get('/dnc/reviews'), 'reviews');
    expect(reviews).toMatchObject([
      { phone: other, scope: 'marketing', source: 'free_text', review_text: 'wrong number I think', reviewed_at: null },
      { phone: meant },
    ]);
    const [otherId, meantId] = reviews.map((review) => String(review['optout_id']));
    expect((await post(`/dnc/reviews/${String(meantId)}/keep`)).body).toMatchObject({ phone: meant, lifted_at: null });
    expect((await post(`/dnc/reviews/${String(otherId)}/lift`, {})).body).toMatchObject({ error: { field: 'reason' } });
    const lifted = await post(`/dnc/reviews/${String(otherId)}/lift`, { reason: 'called back' });
    expect(lifted.body).toMatchObject({ phone: other, lifted_reason: 'called back' });
    expect((await post(`/dnc/reviews/${String(meantId)}/keep`)).status).toBe(409);
    expect((await post('/dnc/reviews/sup_none/keep')).status).toBe(404);
    expect(listed(await get('/dnc/reviews'), 'reviews')).toEqual([]);
    expect((await get(`/dnc/${meant}`)).body).toMatchObject({ voice: 'marketing', sms: 'marketing' });
    expect((await get(`/dnc/${other}`)).body).toMatchObject({ opted_out: false });
  });

  async function sent(to: string): Promise<string> {
    return String((await post('/sms', { to, from: SANDBOX_NUMBER, message: 'Hello.' })).body['sms_id']);
  }
});

test('a do-not-call file stops marketing, in one go, and lifts nothing', async () => {
  const [a, b, c] = [somebody(), somebody(), somebody()];
  await post('/dnc', { phone: c });
  const file = `Number;reason\n${a};state list\n${b};\nnonsense;\n${c};\n${a};again\n`;
  const upload = await world.request('POST', '/api/v1/uploads', {
    body: file,
    headers: { 'content-type': 'text/csv' },
  });
  expect(upload.status).toBe(201);
  const started = await post('/dnc/import', { upload_id: upload.body['upload_id'], columns: { Number: 'phone' } });
  expect(started.status).toBe(201);
  const look = async () => (await get(`/imports/${String(started.body['import_id'])}`)).body;
  // Without any time passing: nobody waits for a look that comes by itself.
  await world.settle();
  expect(await look()).toMatchObject({
    kind: 'opt_outs',
    status: 'completed',
    rows: { read: 5, created: 3, duplicate: 1, refused: 1 },
  });
  expect((await get(`/dnc/${b}`)).body).toMatchObject({ voice: 'marketing', sms: 'marketing' });
  expect((await get(`/dnc/${a}`)).body).toMatchObject({ history: [{ source: 'import', reason: 'again' }] });
  expect((await get(`/dnc/${c}`)).body).toMatchObject({ voice: 'outreach' });
  for (const body of [{}, { upload_id: 'upl_none' }, { upload_id: upload.body['upload_id'], scope: 'x' }]) {
    expect([400, 404]).toContain((await post('/dnc/import', body)).status);
  }
});

test('accounts and modes see nothing of one another', async () => {
  const phone = somebody();
  await post('/dnc', { phone });
  for (const key of [world.keys.live, otherKey]) {
    expect((await get(`/dnc/${phone}`, { key })).body).toMatchObject({ opted_out: false, history: [] });
    expect(listed(await get('/dnc', { key }))).toEqual([]);
    expect((await post(`/dnc/${phone}/lift`, { reason: 'mine' }, { key })).status).toBe(404);
    expect((await get('/dnc/export', { key })).raw.toString()).not.toContain(phone);
  }
  expect((await get('/dnc', { key: null })).status).toBe(401);
});

describe('/webhook_endpoints', () => {
  test('are made, listed, changed, tried, rolled and removed in the words of this API', async () => {
    const made = await post('/webhook_endpoints', {
      url: `${receiver.url}/sms`,
      events: ['sms.received'],
      description: 'mine',
    });
    expect(made.body).toMatchObject({
      webhook_endpoint_id: expect.stringMatching(/^whe_/) as string,
      url: `${receiver.url}/sms`,
      events: ['sms.received'],
      enabled: true,
      live: false,
      secret: expect.stringMatching(/^whsec_/) as string,
    });
    const path = `/webhook_endpoints/${String(made.body['webhook_endpoint_id'])}`;
    expect(listed(await get('/webhook_endpoints'), 'webhook_endpoints')).toHaveLength(1);
    expect((await get(path)).body).not.toHaveProperty('secret');
    expect((await post('/webhook_endpoints', { url: `${receiver.url}/sms`, events: ['sms.received'] })).status).toBe(
      409,
    );
    const unknown = await post('/webhook_endpoints', { url: `${receiver.url}/x`, events: ['otp.verified'] });
    expect([unknown.status, unknown.body]).toMatchObject([400, { error: { field: 'events' } }]);
    const change = { body: { events: ['sms.received', 'contact.optout', 'call.dtmf', 'sms.failed'] } };
    expect((await world.request('PATCH', `/api/v1${path}`, change)).body).toMatchObject(change.body);
    for (const event of change.body.events) {
      expect((await post(`${path}/test`, { event })).body).toMatchObject({ event, status: 'pending' });
      await world.runUntil(event, () => receiver.events(event).length > 0);
    }
    // As `curl -X POST` does it, without a body.
    expect(await post(`${path}/test`)).toMatchObject({ status: 200, body: { status: 'pending' } });
    const rolled = await post(`${path}/roll_secret`);
    expect(rolled.body['secret']).not.toBe(made.body['secret']);
    for (const key of [world.keys.live, otherKey]) expect((await get(path, { key })).status).toBe(404);
    // Each API has its own, and neither lists, reads nor changes those of the other.
    const theirs = await world.request('POST', '/v1/webhook_endpoints', {
      body: { url: `${receiver.url}/theirs`, events: ['otp.verified'] },
    });
    expect(theirs.status).toBe(201);
    for (const elsewhere of [`/api/v1/webhook_endpoints/${String(theirs.body['id'])}`, `/v1${path}`]) {
      for (const [method, more, body] of [
        ['GET', '', undefined],
        ['PATCH', '', { enabled: false }],
        ['POST', '/roll_secret', undefined],
        ['POST', '/test', {}],
        ['DELETE', '', undefined],
      ] as const) {
        const reply = await world.request(method, `${elsewhere}${more}`, body === undefined ? {} : { body });
        expect([method, elsewhere, reply.status]).toEqual([method, elsewhere, 404]);
      }
    }
    // A person's text reaches it in this API's form.
    const from = somebody();
    await receiveMessage(world.core, LOOPBACK, {
      ...{ from, to: SANDBOX_NUMBER, text: 'Hi there' },
      inReplyTo: String((await post('/sms', { to: from, from: SANDBOX_NUMBER, message: 'Hello.' })).body['sms_id']),
    });
    await world.runUntil('the text', () => receiver.events('sms.received').some((body) => body['text'] === 'Hi there'));
    expect((await world.request('DELETE', `/api/v1${path}`)).status).toBe(204);
    expect((await get(path)).status).toBe(404);
  });
});
