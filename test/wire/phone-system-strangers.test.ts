import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createAccount, createKey } from '#core/accounts/index.js';
import { addNumber } from '#core/numbers/index.js';
import { createUser } from '#core/people/index.js';
import { changeRouting, findObject } from '#core/routing/index.js';
import { addSound } from '#core/sounds/index.js';
import { keepMessage } from '#core/voicemail/keep-message.js';
import type { HeldClock } from '../held-clock.js';
import { addPastCalls } from '../past-calls.js';
import { openWorld, SANDBOX_NUMBER, type Reply, type World } from '../world.js';

/**
 * Every route of the phone system that names a thing, asked by everybody who must not see it. The routes are those of the
 * OpenAPI document, so that none can be forgotten: a new one fails here until it has its thing in `MAKERS`.
 */
let world: World;
/** Keys of those who must not see what the test key of the world's account made. */
const strangers = {} as Record<'another account' | 'the same account, live', string>;
let routes: { method: string; path: string }[];
/** The parameters of paths, by what comes before the first of them. */
const places = new Map<string, Record<string, string | number>>();

type Data = Record<string, unknown> & { id: number | string };

const OURS = '+12125550900';
const PERSON = '+12125550901';
/** No trace of it may reach a stranger. */
const SECRET = 'Known to us alone';

function ask(method: string, path: string, body?: unknown, key = world.keys.test): Promise<Reply> {
  return world.request(method, `/api/v2${path}`, { key, ...(body === undefined ? {} : { body }) });
}

async function made(path: string, body: object): Promise<Data> {
  const reply = await ask('POST', path, body);
  expect([reply.status, reply.body]).toMatchObject([201, { data: { id: expect.anything() as unknown } }]);
  return reply.body['data'] as Data;
}

const ours = () => ({ accountId: world.account.id, mode: 'test', actor: 'test' }) as const;

async function makeMailbox(): Promise<number> {
  const mailbox = { name: SECRET, userId: null, greeting: null, maxSeconds: 60, silenceSeconds: 5, transcribe: false };
  return changeRouting(world.core, { ...ours(), author: 'test', summary: 'A mailbox' }, (draft) =>
    draft.create('mailbox', { ...mailbox, emails: [], attachAudio: false }),
  );
}

/** Makes one of each, and gives the parameters of the paths that begin so. */
const MAKERS: Record<string, () => Promise<Record<string, string | number>>> = {
  '/blocked-numbers': async () => ({ id: (await made('/blocked-numbers', { number: PERSON, note: SECRET })).id }),
  '/call-history': async () => {
    const call = { at: world.clock.now() - 60_000, ours: OURS, theirs: PERSON, callerName: SECRET, seconds: 5 };
    return { id: (await addPastCalls(world.core, world.account.id, [call]))[0] ?? '' };
  },
  '/call-flow/versions': async () => {
    const { id } = await made('/menus', { name: SECRET });
    await ask('PATCH', `/menus/${id}`, { repeats: 4 });
    const { body } = await ask('GET', '/call-flow/versions');
    return { version: Number((body['data'] as { version: number }[])[0]?.version) };
  },
  '/contacts': async () => ({
    id: (await made('/contacts', { firstName: SECRET, phoneNumbers: [{ number: PERSON }] })).id,
  }),
  '/contacts/import': async () => {
    const options = { body: `phone\n${PERSON}\nnobody\n`, headers: { 'content-type': 'text/csv' } };
    const { id } = (await world.request('POST', '/api/v2/contacts/import', options)).body['data'] as { id: string };
    const ended = async () => {
      const { body } = await ask('GET', `/contacts/import/${id}`);
      return (body['data'] as Data)['completedAt'] !== null;
    };
    await world.runUntil('the end of the import', ended);
    return { id };
  },
  '/extensions': async () => ({
    id: (await made('/extensions', { number: '4711', name: SECRET, destination: { type: 'hangup' } })).id,
  }),
  '/forwarding-numbers': async () => ({
    id: (await made('/forwarding-numbers', { number: PERSON, description: SECRET })).id,
  }),
  '/forwarding-schedules': async () => ({ id: (await made('/forwarding-schedules', { name: SECRET })).id }),
  '/menus': async () => ({ id: (await made('/menus', { name: SECRET })).id }),
  '/ring-groups': async () => ({ id: (await made('/ring-groups', { name: SECRET })).id }),
  '/subscriptions': async () => {
    const body = { hookUrl: 'http://127.0.0.1:9/ours', type: 'new_call_record' };
    return { id: (await made('/subscriptions', body)).id };
  },
  '/text-conversations': async () => {
    const conversationId = `${OURS.slice(1)}-${PERSON.slice(1)}`;
    return { conversationId, id: (await made(`/text-conversations/${conversationId}`, { body: SECRET })).id };
  },
  '/sounds': async () => {
    const sound = { ...ours(), name: SECRET, audio: { pcm: new Int16Array(8000) } };
    return { id: (await addSound(world.core, sound)).id };
  },
  '/users': async () => ({ id: (await createUser(world.core, { ...ours(), name: SECRET })).id }),
  '/voice-mailboxes': async () => ({ id: await makeMailbox() }),
  '/voice-messages': async () => {
    const mailboxId = await makeMailbox();
    const { body: mailbox } = await findObject(world.core, ours(), 'mailbox', mailboxId);
    const left = { callId: 'cal_none', caller: PERSON, callerName: SECRET, called: OURS };
    return { id: await keepMessage(world.core, { owner: ours(), mailboxId, mailbox, ...left }, new Int16Array(8000)) };
  },
  '/virtual-numbers': async () => {
    const { body } = await ask('GET', `/virtual-numbers?search=${OURS.slice(1)}`);
    const id = Number((body['data'] as Data[])[0]?.id);
    expect((await ask('PATCH', `/virtual-numbers/${id}`, { description: SECRET })).status).toBe(200);
    return { id };
  },
};

/** What its owner could say; without an entry no body, or an empty one. */
const BODIES: Record<string, unknown> = {
  'PUT /menus/{id}/options': [],
  'PUT /ring-groups/{id}/members': [],
  'POST /text-conversations/{conversationId}': { body: 'Mallory was here.' },
  'PATCH /voice-messages/{id}': { read: true },
  'PATCH /sounds/{id}': { name: 'Mallory' },
  'PUT /voice-mailboxes/{id}/pin': { pin: '847261' },
  'PATCH /text-conversations/{conversationId}': { read: true },
  'PATCH /text-conversations/{conversationId}/messages/{id}': { read: true },
};

/** Refused for the number, which is not theirs, and not for what is there. */
const NOT_THEIR_NUMBER = 'POST /text-conversations/{conversationId}';
/** What a list asks for at least. */
const QUERIES: Record<string, string> = {
  '/deleted': '?kind=call',
  '/text-messages': '?updatedAfter=2020-01-01T00:00:00Z',
};

const prefixOf = (path: string): string => path.slice(0, path.indexOf('/{'));

function addressOf(path: string): string {
  const place = places.get(prefixOf(path)) ?? {};
  return path.replace(/\{([^}]+)\}/g, (_, name: string) => encodeURIComponent(place[name] ?? `no ${name}`));
}

beforeAll(async () => {
  world = await openWorld();
  const { id } = await createAccount(world.core, { name: 'Another account', actor: 'test' });
  await addNumber(world.core, { accountId: id, mode: 'test', number: SANDBOX_NUMBER, actor: 'test' });
  await addNumber(world.core, { ...ours(), number: OURS });
  strangers['another account'] = (await createKey(world.core, { accountId: id, mode: 'test', actor: 'test' })).secret;
  strangers['the same account, live'] = world.keys.live;
  const { body } = await world.request('GET', '/docs/phone-system.json', { key: null });
  routes = Object.entries(body['paths'] as Record<string, Record<string, { security?: unknown[] }>>).flatMap(
    ([path, operations]) =>
      Object.entries(operations)
        // Without a key: named by a secret link.
        .filter(([, { security }]) => security?.length !== 0)
        .map(([method]) => ({ method: method.toUpperCase(), path: path.replace('/api/v2', '') })),
  );
  for (const [prefix, make] of Object.entries(MAKERS)) places.set(prefix, await make());
});
afterAll(() => world.close());

beforeEach(() => {
  // These tables are not about limits.
  (world.clock as HeldClock).advance(60_000);
});

const naming = () => routes.filter(({ path }) => path.includes('/{'));

test('there is one of everything that a route names', () => {
  const named = [...new Set(naming().map(({ path }) => prefixOf(path)))].sort();
  expect(named.filter((prefix) => !(prefix in MAKERS))).toEqual([]);
});

test('whose it is sees it', async () => {
  for (const { path } of naming().filter(({ method }) => method === 'GET')) {
    (world.clock as HeldClock).advance(1000);
    expect([path, (await ask('GET', addressOf(path))).status]).toEqual([path, 200]);
  }
});

describe.each(['another account', 'the same account, live'] as const)('%s', (who) => {
  test('is told of nothing that it is there', async () => {
    const told: string[] = [];
    for (const { method, path } of naming()) {
      (world.clock as HeldClock).advance(1000);
      const name = `${method} ${path}`;
      const body = ['GET', 'DELETE'].includes(method) ? undefined : (BODIES[name] ?? {});
      const reply = await ask(method, addressOf(path), body, strangers[who]);
      const { message, ...more } = reply.body;
      const plain = reply.status === 404 && typeof message === 'string' && Object.keys(more).length === 0;
      const right = name === NOT_THEIR_NUMBER ? reply.status === 422 : plain;
      if (!right || reply.raw.includes(SECRET)) told.push(`${name}: ${reply.raw.toString()}`);
    }
    expect(told).toEqual([]);
  });

  test('sees nothing of it in any list', async () => {
    for (const { path } of routes.filter(({ method, path: each }) => method === 'GET' && !each.includes('/{'))) {
      (world.clock as HeldClock).advance(1000);
      const reply = await ask('GET', `${path}${QUERIES[path] ?? ''}`, undefined, strangers[who]);
      expect([path, reply.status]).toEqual([path, 200]);
      for (const known of [SECRET, OURS, PERSON, 'http://127.0.0.1:9/ours']) {
        expect(`${path}: ${reply.raw.toString()}`).not.toContain(known);
      }
    }
  });

  test('cannot lead calls to it', async () => {
    const key = strangers[who];
    const id = (prefix: string) => places.get(prefix)?.['id'];
    const { body } = await ask('GET', '/virtual-numbers', undefined, key);
    const number = (body['data'] as Data[])[0]?.id ?? '';
    const group = ((await ask('POST', '/ring-groups', {}, key)).body['data'] as Data).id;
    const bodies: [string, string, unknown][] = [
      ...['menu', 'ring_group', 'extension', 'forwarding_number'].map((type): [string, string, unknown] => [
        'PATCH',
        `/virtual-numbers/${number}`,
        { destination: { type, id: id(`/${type.replace('_', '-')}s`) } },
      ]),
      ['PUT', `/ring-groups/${group}/members`, [{ forwardingDeviceId: id('/extensions') }]],
      ['PUT', `/ring-groups/${group}/members`, [{ forwardingDeviceId: id('/forwarding-numbers') }]],
      ['PATCH', `/ring-groups/${group}`, { callerId: id('/virtual-numbers') }],
      ['PATCH', '/hours/settings', { openDestination: { type: 'menu', id: id('/menus') } }],
    ];
    for (const [method, path, wanted] of bodies) {
      expect([path, wanted, (await ask(method, path, wanted, key)).status]).toEqual([path, wanted, 422]);
    }
    expect((await ask('DELETE', `/ring-groups/${group}`, undefined, key)).status).toBe(204);
  });
});

test('all of it is there still, as it was', async () => {
  for (const { path } of naming().filter(({ method }) => method === 'GET')) {
    (world.clock as HeldClock).advance(1000);
    const reply = await ask('GET', addressOf(path));
    expect([path, reply.status]).toEqual([path, 200]);
    expect(reply.raw.toString()).not.toContain('Mallory');
  }
  expect((await ask('GET', addressOf('/menus/{id}'))).body).toMatchObject({ data: { name: SECRET } });
});
