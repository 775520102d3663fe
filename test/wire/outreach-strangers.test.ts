import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createAccount, createKey } from '#core/accounts/index.js';
import { LOOPBACK } from '#carriers/carrier.js';
import { addNumber } from '#core/numbers/index.js';
import { receiveMessage } from '#core/messages/index.js';
import { HeldClock } from '../held-clock.js';
import { openWorld, SANDBOX_NUMBER, type Reply, type World } from '../world.js';

/** Every route of the Outreach door that names a thing, asked by everybody who must not see it. */
let world: World;
/** Keys of those who must not see what the test key of the world's account made. */
const strangers = {} as Record<'another account' | 'the same account, live', string>;
/** One of everything. */
const ids = {} as Record<(typeof KINDS)[number], string>;

const KINDS = [
  'call',
  'campaign',
  'contact',
  'delivery',
  'endpoint',
  'import',
  'list',
  'number',
  'proof',
  'review',
  'sms',
  'batch',
  'upload',
] as const;
const PERSON = '+12125550160';

type Row = [method: string, path: string, of: (typeof KINDS)[number], body?: object];

/** A body is what the owner could say: a stranger is told no more than that the thing is not there. */
const ROUTES: Row[] = [
  ['GET', '/calls/{id}', 'call'],
  ['POST', '/calls/{id}/cancel', 'call'],
  ['GET', '/calls/{id}/recording', 'call'],
  ['DELETE', '/calls/{id}/recording', 'call'],
  ['GET', '/contacts/{id}', 'contact'],
  ['PATCH', '/contacts/{id}', 'contact', { name: 'Mallory' }],
  ['DELETE', '/contacts/{id}', 'contact'],
  ['GET', '/contacts/{id}/consents', 'contact'],
  ['POST', '/contacts/{id}/erase', 'contact'],
  ['GET', '/lists/{id}', 'list'],
  ['PATCH', '/lists/{id}', 'list', { name: 'Mallory' }],
  ['DELETE', '/lists/{id}', 'list'],
  ['GET', '/lists/{id}/members', 'list'],
  ['POST', '/lists/{id}/members', 'list', { contact_ids: ['con_none'] }],
  ['POST', '/lists/{id}/members/remove', 'list', { contact_ids: ['con_none'] }],
  ['POST', '/campaigns/{id}/preview', 'campaign'],
  ['GET', '/campaigns/{id}', 'campaign'],
  ['PATCH', '/campaigns/{id}', 'campaign', { name: 'Mallory' }],
  ['DELETE', '/campaigns/{id}', 'campaign'],
  ['POST', '/campaigns/{id}/start', 'campaign'],
  ['POST', '/campaigns/{id}/pause', 'campaign'],
  ['POST', '/campaigns/{id}/resume', 'campaign'],
  ['POST', '/campaigns/{id}/cancel', 'campaign'],
  ['GET', '/campaigns/{id}/recipients', 'campaign'],
  ['GET', '/campaigns/{id}/recipients/export', 'campaign'],
  ['GET', '/campaigns/{id}/calls', 'campaign'],
  ['GET', '/imports/{id}', 'import'],
  ['GET', '/imports/{id}/refused', 'import'],
  ['POST', '/imports/{id}/cancel', 'import'],
  ['GET', '/sms/batches/{id}', 'batch'],
  ['GET', '/sms/{id}', 'sms'],
  ['DELETE', '/sms/{id}', 'sms'],
  ['POST', '/sms/{id}/cancel', 'sms'],
  ['POST', '/numbers/verify/{id}', 'proof', { code: '000000' }],
  ['DELETE', '/numbers/{number}', 'number'],
  ['POST', '/dnc/reviews/{id}/keep', 'review'],
  ['POST', '/dnc/reviews/{id}/lift', 'review', { reason: 'Mallory says so' }],
  ['GET', '/webhook_deliveries/{id}', 'delivery'],
  ['POST', '/webhook_deliveries/{id}/replay', 'delivery'],
  ['GET', '/webhook_endpoints/{id}', 'endpoint'],
  ['PATCH', '/webhook_endpoints/{id}', 'endpoint', { description: 'Mallory' }],
  ['DELETE', '/webhook_endpoints/{id}', 'endpoint'],
  ['POST', '/webhook_endpoints/{id}/roll_secret', 'endpoint'],
  ['POST', '/webhook_endpoints/{id}/test', 'endpoint', {}],
];
/** They name somebody outside, whom every account may know; see below. */
const OF_ANYBODY = ['GET /dnc/{phone}', 'POST /dnc/{phone}/lift'];

beforeAll(async () => {
  world = await openWorld();
  const { id } = await createAccount(world.core, { name: 'Another account', actor: 'test' });
  await addNumber(world.core, { accountId: id, mode: 'test', number: SANDBOX_NUMBER, actor: 'test' });
  strangers['another account'] = (await createKey(world.core, { accountId: id, mode: 'test', actor: 'test' })).secret;
  strangers['the same account, live'] = world.keys.live;
  await makeOneOfEverything();
});
afterAll(() => world.close());

beforeEach(async () => {
  // These tables are not about limits.
  if (world.clock instanceof HeldClock) world.clock.advance(60_000);
  await world.settle();
});

function ask(method: string, path: string, body?: object, key = world.keys.test): Promise<Reply> {
  return world.request(method, `/api/v1${path}`, { key, ...(body === undefined ? {} : { body }) });
}

async function made(path: string, field: string, body: object): Promise<string> {
  const reply = await ask('POST', path, body);
  expect([reply.status, reply.body]).toMatchObject([201, { [field]: expect.any(String) as string }]);
  return String(reply.body[field]);
}

async function makeOneOfEverything(): Promise<void> {
  const text = { from: SANDBOX_NUMBER, message: 'Hello.' };
  const later = new Date(world.clock.now() + 86_400_000).toISOString();
  ids.call = await made('/calls', 'call_id', { ...text, to: PERSON, schedule_at: later });
  ids.contact = await made('/contacts', 'contact_id', { phone: PERSON, name: 'Sarah' });
  ids.list = await made('/lists', 'list_id', { name: 'Guests' });
  ids.campaign = await made('/campaigns', 'campaign_id', {
    ...text,
    name: 'Reminders',
    purpose: 'transactional',
    contacts: [{ phone: PERSON }],
    start: false,
  });
  const file = await world.request('POST', '/api/v1/uploads', {
    body: `phone\n${PERSON}\nnobody\n`,
    headers: { 'content-type': 'text/csv' },
  });
  ids.upload = String(file.body['upload_id']);
  ids.import = await made('/contacts/import', 'import_id', { upload_id: ids.upload });
  ids.batch = await made('/sms', 'batch_id', { ...text, to: [PERSON, '+12125550161'], schedule_at: later });
  ids.sms = await made('/sms', 'sms_id', { ...text, to: '+12125550162', webhook_url: 'http://127.0.0.1:9/texts' });
  ids.endpoint = await made('/webhook_endpoints', 'webhook_endpoint_id', {
    url: 'http://127.0.0.1:9/all',
    events: ['sms.received'],
  });
  ids.proof = await madeInTime('/numbers/verify', 'id', { number: '+12125550163' });
  const proven = await madeInTime('/numbers/verify', 'id', { number: '+12125550164' });
  expect((await ask('POST', `/numbers/verify/${proven}`, { code: '000000' })).body).toMatchObject({ verified: true });
  ids.number = '+12125550164';
  const deliveries = async () =>
    (await ask('GET', '/webhook_deliveries')).body['deliveries'] as { delivery_id: string }[];
  await world.runUntil('a delivery', async () => (await deliveries()).length > 0);
  ids.delivery = (await deliveries())[0]?.delivery_id ?? '';
  await receiveMessage(world.core, LOOPBACK, {
    from: '+12125550162',
    to: SANDBOX_NUMBER,
    text: 'wrong number I think',
    inReplyTo: ids.sms,
  });
  const reviews = (await ask('GET', '/dnc/reviews')).body['reviews'] as { optout_id: string }[];
  ids.review = reviews[0]?.optout_id ?? '';
}

async function madeInTime(path: string, field: string, body: object): Promise<string> {
  const reply = await world.requestInTime('POST', `/api/v1${path}`, { body });
  expect([reply.status, reply.body]).toMatchObject([201, {}]);
  return String(reply.body[field]);
}

function at(path: string, of: Row[2]): string {
  return path.replace(/\{\w+\}/, encodeURIComponent(ids[of]));
}

test('the table has every route that names a thing', async () => {
  const { body } = await world.request('GET', '/docs/outreach.json', { key: null });
  const naming = Object.entries(body['paths'] as Record<string, object>).flatMap(([path, methods]) =>
    path.includes('{') ? Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.slice(7)}`) : [],
  );
  expect([...ROUTES.map(([method, path]) => `${method} ${path}`), ...OF_ANYBODY].sort()).toEqual(naming.sort());
  expect(Object.keys(ids).sort()).toEqual([...KINDS].sort());
});

describe.each(['another account', 'the same account, live'] as const)('%s', (stranger) => {
  test.each(ROUTES)('is told that nothing is there: %s %s', async (method, path, of, body) => {
    const before = await everything();
    const reply = await ask(method, at(path, of), body, strangers[stranger]);
    expect([reply.status, reply.body]).toMatchObject([404, { error: { code: 'not_found' } }]);
    const nobody = await ask(method, path.replace(/\{\w+\}/, 'nobody'), body, strangers[stranger]);
    expect(nobody.status).toBe(404);
    expect(await everything()).toEqual(before);
  });

  const LISTS: [path: string, field: string][] = [
    ['/calls', 'calls'],
    ['/contacts', 'contacts'],
    ['/lists', 'lists'],
    ['/campaigns', 'campaigns'],
    ['/imports', 'imports'],
    ['/sms', 'messages'],
    ['/dnc?lifted=true', 'optouts'],
    ['/dnc/reviews', 'reviews'],
    ['/registrations', 'registrations'],
    ['/webhook_deliveries', 'deliveries'],
    ['/webhook_endpoints', 'webhook_endpoints'],
  ];
  test.each(LISTS)('sees nothing in %s', async (path, field) => {
    const reply = await ask('GET', path, undefined, strangers[stranger]);
    expect([reply.status, reply.body[field]]).toEqual([200, []]);
  });

  const NAMING: [what: string, path: string, body: () => object, field: string][] = [
    ['a list', '/campaigns', () => ({ ...campaign(), list_id: ids.list }), 'list_id'],
    ['an upload', '/campaigns', () => ({ ...campaign(), upload_id: ids.upload }), 'upload_id'],
    ['an upload to import', '/contacts/import', () => ({ upload_id: ids.upload }), 'upload_id'],
    ['an upload of opt-outs', '/dnc/import', () => ({ upload_id: ids.upload }), 'upload_id'],
  ];
  test.each(NAMING)('cannot name %s', async (_what, path, body, field) => {
    const reply = await ask('POST', path, body(), strangers[stranger]);
    expect([reply.status, reply.body]).toMatchObject([404, { error: { code: 'not_found', field } }]);
  });

  test('cannot put somebody else’s contact on a list of their own, nor import onto a list that is not theirs', async () => {
    const key = strangers[stranger];
    const list = String((await ask('POST', '/lists', { name: 'Ours' }, key)).body['list_id']);
    const added = await ask('POST', `/lists/${list}/members`, { contact_ids: [ids.contact] }, key);
    expect([added.status, added.body]).toMatchObject([400, { error: { field: 'contact_ids' } }]);
    const file = await world.request('POST', '/api/v1/uploads', {
      key,
      body: 'phone\n+12125550165\n',
      headers: { 'content-type': 'text/csv' },
    });
    const imported = await ask(
      'POST',
      '/contacts/import',
      { upload_id: file.body['upload_id'], list_id: ids.list },
      key,
    );
    expect([imported.status, imported.body]).toMatchObject([404, { error: { code: 'not_found', field: 'list_id' } }]);
    expect((await ask('DELETE', `/lists/${list}`, undefined, key)).status).toBe(204);
  });

  test('learns nothing of somebody else’s opt-outs, and lifts none', async () => {
    const key = strangers[stranger];
    await ask('POST', '/dnc', { phone: PERSON });
    const shown = await ask('GET', `/dnc/${PERSON}`, undefined, key);
    expect([shown.status, shown.body]).toMatchObject([200, { opted_out: false, history: [] }]);
    await ask('POST', `/dnc/${PERSON}/lift`, { reason: 'Mallory says so' }, key);
    expect((await ask('GET', `/dnc/${PERSON}`)).body).toMatchObject({ opted_out: true });
  });
});

const campaign = (): object => ({
  name: 'Ours',
  purpose: 'transactional',
  from: SANDBOX_NUMBER,
  message: 'Hello.',
});

/** What the owner sees of it. */
async function everything(): Promise<unknown> {
  const seen = ROUTES.filter(([method, path]) => method === 'GET' && !path.includes('recording'));
  return Promise.all(seen.map(async ([, path, of]) => (await ask('GET', at(path, of))).raw.toString()));
}
