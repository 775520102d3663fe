import { afterAll, beforeAll, expect, test } from 'vitest';
import { addNumber, removeNumber } from '#core/numbers/index.js';
import { addPhone, removePhone } from '#core/phones/index.js';
import { changeRouting, readRouting } from '#core/routing/index.js';
import { addSound } from '#core/sounds/index.js';
import { openWorld, SANDBOX_NUMBER, type World } from '../world.js';

/** What is in use is not removed, unless something takes its place; what versions and simulated calls say of live ones. */
const OTHER = '+12125550123';
let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const owner = () => ({ accountId: world.account.id, mode: 'live', actor: 'test' }) as const;
const ask = (method: string, path: string, body?: object) =>
  world.request(method, `/api/v2${path}`, { key: world.keys.live, ...(body === undefined ? {} : { body }) });

test('a phone that an extension rings', async () => {
  const { core } = world;
  const { accountId, actor } = owner();
  for (const name of ['201', '202']) await addPhone(core, { accountId, actor, name, password: 'correct horse' });
  const made = await ask('POST', '/extensions', {
    ...{ number: '31', name: 'Desk', destination: { type: 'phone', id: '201' } },
  });
  expect(made.status).toBe(201);
  const { id } = made.body['data'] as { id: number };
  const remove = (replacement?: string) => removePhone(core, { accountId, name: '201', actor, replacement });
  await expect(remove()).rejects.toMatchObject({ code: 'routing.in_use' });
  await expect(remove('201')).rejects.toMatchObject({ code: 'routing.bad_input' });
  await expect(remove('299')).rejects.toMatchObject({ code: 'routing.refused' });
  await remove('202');
  expect((await ask('GET', `/extensions/${id}`)).body['data']).toMatchObject({
    destination: { type: 'phone', id: '202' },
  });
  expect(await core.db.selectFrom('phones').select('name').execute()).toEqual([{ name: '202' }]);
});

test('a sound that a menu plays', async () => {
  const { core } = world;
  const add = (name: string) => addSound(core, { ...owner(), name, audio: { pcm: new Int16Array(800) } });
  const [old, fresh] = [await add('Old'), await add('New')];
  const made = await ask('POST', '/menus', { name: 'Main', greeting: { soundId: old.id } });
  const { id } = made.body['data'] as { id: number };
  const refused = await ask('DELETE', `/sounds/${old.id}`);
  expect(refused).toMatchObject({
    status: 422,
    body: { errors: { [`menus[${id}].greeting`]: expect.any(Array) as [] } },
  });
  expect((await ask('DELETE', `/sounds/${old.id}?replacementId=987654`)).status).toBe(422);
  expect((await ask('DELETE', `/sounds/${old.id}?replacementId=${fresh.id}`)).status).toBe(204);
  expect((await ask('GET', `/menus/${id}`)).body['data']).toMatchObject({ greeting: { soundId: fresh.id } });
  expect((await ask('GET', `/sounds/${old.id}`)).status).toBe(404);
});

test('a number that a group shows', async () => {
  const { core } = world;
  await addNumber(core, { ...owner(), number: OTHER });
  const { numbers } = await readRouting(core, owner());
  const idOf = (number: string) => [...numbers].find(([, own]) => own === number)?.[0];
  const made = await ask('POST', '/ring-groups', { name: 'Sales', callerId: idOf(OTHER) });
  expect(made.status).toBe(201);
  const { id } = made.body['data'] as { id: number };
  await expect(removeNumber(core, { ...owner(), number: OTHER })).rejects.toMatchObject({ code: 'routing.in_use' });
  await removeNumber(core, { ...owner(), number: OTHER, replacement: SANDBOX_NUMBER });
  expect((await ask('GET', `/ring-groups/${id}`)).body['data']).toMatchObject({ callerId: idOf(SANDBOX_NUMBER) });
});

test('versions speak of objects as the rest of this API does', async () => {
  const versions = (await ask('GET', '/call-flow/versions')).body['data'] as { version: number; summary: string }[];
  const last = await ask('GET', `/call-flow/versions/${versions.at(-1)?.version}`);
  expect(last.body['data']).toMatchObject({
    changes: [{ kind: 'extension', before: null, after: { number: '31', ringTimeout: 30, noAnswerDestination: null } }],
  });
  await changeRouting(world.core, { ...owner(), author: 'test', summary: 'test' }, (draft) =>
    draft.create('mailbox', {
      ...{ name: 'Night', userId: null, greeting: null, maxSeconds: 60, silenceSeconds: 5, transcribe: false },
      ...{ emails: [], attachAudio: false },
    }),
  );
  const [newest] = (await ask('GET', '/call-flow/versions')).body['data'] as { version: number }[];
  expect((await ask('GET', `/call-flow/versions/${newest?.version}`)).body['data']).toMatchObject({
    changes: [{ kind: 'voice_mailbox', after: { maxDuration: 60, silenceTimeout: 5, transcription: false } }],
  });
});

test('a simulated call rings no number outside that a real one may not', async () => {
  await changeRouting(world.core, { ...owner(), author: 'test', summary: 'test' }, async (draft) => {
    const [number] = [...draft.configuration.numbers.keys()];
    const id = await draft.create('forwarding_number', {
      ...{ number: '+442079460000', description: 'Abroad', announce: false, transferCode: null, ringSeconds: 20 },
      noAnswer: null,
    });
    draft.put('number', number ?? 0, {
      ...{ description: '', record: null, welcome: null, destination: { type: 'forwarding_number', id } },
    });
  });
  const script = { from: '+12125550177', to: SANDBOX_NUMBER, answers: [{ who: '+442079460000' }] };
  const reply = await ask('POST', '/call-flow/simulate', script);
  expect(reply.body['data']).toMatchObject({ outcome: 'hangup' });
  expect(JSON.stringify(reply.body['data'])).toContain('calls may not go there');
});
