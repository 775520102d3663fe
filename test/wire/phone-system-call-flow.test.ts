import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { blockNumber } from '#core/blocked-numbers/index.js';
import type { Destination, Extension } from '#core/call-flow/index.js';
import { setAccountPlan, setPlan } from '#core/plans/index.js';
import { addPhone } from '#core/phones/index.js';
import { changeRouting, readRouting } from '#core/routing/index.js';
import type { Mode } from '#core/tables.js';
import type { HeldClock } from '../held-clock.js';
import { openWorld, SANDBOX_NUMBER, type Reply, type World } from '../world.js';

/** What a manager sees of where calls lead: what would happen, what is wrong, every change and the way back. */
let world: World;
let menuId: number;
beforeAll(async () => {
  world = await openWorld();
  menuId = await build('test');
});
beforeEach(() => (world.clock as HeldClock).advance(60_000));
afterAll(() => world.close());

const extension = (number: string, noAnswer: Destination | null): Extension => ({
  number,
  name: `Desk ${number}`,
  userId: null,
  destination: { type: 'phone', id: number },
  ringSeconds: 20,
  noAnswer,
  inDirectory: true,
});

/** A number that leads to hours, by day to a menu with one desk, and at night to a mailbox. */
async function build(mode: Mode): Promise<number> {
  const owner = { accountId: world.account.id, mode };
  const [number] = [...(await readRouting(world.core, owner)).numbers.keys()];
  return changeRouting(world.core, { ...owner, author: 'test', summary: 'A small office' }, async (draft) => {
    const mailbox = await draft.create('mailbox', {
      name: 'Office',
      userId: null,
      greeting: { text: 'Please speak.' },
      maxSeconds: 120,
      silenceSeconds: 5,
      transcribe: false,
      emails: [],
      attachAudio: false,
    });
    const desk = await draft.create('extension', extension('201', { type: 'voicemail', id: mailbox }));
    const menu = await draft.create('menu', {
      name: 'Main',
      greeting: { text: 'Welcome to Acme.' },
      options: [{ digit: '1', label: 'Desk', destination: { type: 'extension', id: desk }, enabled: true }],
      directDial: false,
      timeoutSeconds: 5,
      repeats: 0,
      onTimeout: null,
      onInvalid: null,
    });
    draft.put('hours', 0, {
      timeZone: 'America/New_York',
      weekly: [{ start: '09:00', end: '18:00', days: ['mon', 'tue', 'wed', 'thu', 'fri'] }],
      holidays: [],
      override: null,
      open: { type: 'menu', id: menu },
      closed: { type: 'voicemail', id: mailbox },
    });
    draft.put('number', number ?? 0, { description: '', destination: { type: 'hours' }, record: null, welcome: null });
    return menu;
  });
}

const simulate = (body: object, key?: string): Promise<Reply> =>
  world.request('POST', '/api/v2/call-flow/simulate', { body, ...(key === undefined ? {} : { key }) });
const from = '+12125550177';

describe('a simulated call', () => {
  test('is told step by step, with what is said, who rings, and what was assumed', async () => {
    const before = world.clock.now();
    const reply = await simulate({
      from,
      to: SANDBOX_NUMBER,
      at: '2026-11-02T17:59:59-05:00',
      keys: ['1'],
      answers: [{ who: '201', afterSeconds: 8 }],
    });
    expect(reply).toMatchObject({ status: 200 });
    expect(reply.body).toEqual({
      data: {
        version: 1,
        to: SANDBOX_NUMBER,
        outcome: 'answered',
        startsAt: '2026-11-02T22:59:59.000000Z',
        endsAt: '2026-11-02T23:00:09.000000Z',
        steps: [
          {
            at: '2026-11-02T22:59:59.000000Z',
            type: 'gather',
            description: 'The caller presses 1',
            said: ['Welcome to Acme.'],
            rings: [],
          },
          {
            at: '2026-11-02T23:00:01.000000Z',
            type: 'ring',
            description: 'Desk 201 (201) answers after 8 s',
            said: [],
            rings: [{ name: 'Desk 201 (201)', at: '201', seconds: 20, announced: false }],
          },
          {
            at: '2026-11-02T23:00:09.000000Z',
            type: 'talk',
            description: 'The caller speaks with Desk 201 (201)',
            said: [],
            rings: [],
          },
        ],
        events: [
          { type: 'virtual_number', description: `Number ${SANDBOX_NUMBER}`, createdAt: '2026-11-02T22:59:59.000000Z' },
          { type: 'hours', description: 'Open by the week', createdAt: '2026-11-02T22:59:59.000000Z' },
          { type: 'menu', description: 'Menu "Main"', createdAt: '2026-11-02T22:59:59.000000Z' },
          { type: 'menu', description: 'Menu "Main": key 1, Desk', createdAt: '2026-11-02T23:00:01.000000Z' },
          {
            type: 'user_extension',
            description: 'Desk 201 (201): rings for 20 s',
            createdAt: '2026-11-02T23:00:01.000000Z',
          },
          { type: 'answered', description: 'Answered: Desk 201 (201)', createdAt: '2026-11-02T23:00:09.000000Z' },
        ],
        assumed: ['15 characters are spoken in a second, and nobody presses a key before the end.'],
      },
    });
    await world.settle();
    expect(await world.core.db.selectFrom('calls').select('id').execute()).toEqual([]);
    expect(world.clock.now()).toBe(before);
  });

  test.each([
    ['a second later', { from, at: '2026-11-02T18:00:00-05:00' }, 'voicemail', ['voicemail', 'hangup']],
    ['silent', { from, at: '2026-11-02T15:00:00Z' }, 'hangup', ['gather', 'hangup']],
    [
      'unanswered',
      { from, at: '2026-11-02T15:00:00Z', keys: ['1'] },
      'voicemail',
      ['gather', 'ring', 'voicemail', 'hangup'],
    ],
    ['hidden', { from: null, at: '2026-11-02T23:30:00Z' }, 'voicemail', ['voicemail', 'hangup']],
  ])('%s', async (_what, body, outcome, types) => {
    const { data } = (await simulate({ to: SANDBOX_NUMBER, ...body })).body as {
      data: { outcome: string; steps: { type: string }[] };
    };
    expect([data.outcome, data.steps.map(({ type }) => type)]).toEqual([outcome, types]);
  });

  test('of a blocked caller goes nowhere, and to an extension rings it', async () => {
    await blockNumber(world.core, { accountId: world.account.id, mode: 'test', number: '+12125550166', actor: 'test' });
    expect((await simulate({ from: '+12125550166', to: SANDBOX_NUMBER })).body).toMatchObject({
      data: { outcome: 'blocked', steps: [{ type: 'hangup', description: '+12125550166 is blocked' }] },
    });
    expect((await simulate({ from: '1 (212) 555-0166', to: SANDBOX_NUMBER })).body).toMatchObject({
      data: { outcome: 'blocked' },
    });
    expect((await simulate({ from: '201', to: '201', answers: [{ who: '201' }] })).body).toMatchObject({
      data: { outcome: 'answered', assumed: ['201 answers after 5 seconds.'] },
    });
  });

  test('comes from a phone of the account, of which a test key learns nothing', async () => {
    await addPhone(world.core, { accountId: world.account.id, name: '202', actor: 'test' });
    expect((await simulate({ from: '202', to: SANDBOX_NUMBER }, world.keys.live)).status).toBe(200);
    for (const unknown of ['202', '203']) {
      const { status, body } = await simulate({ from: unknown, to: SANDBOX_NUMBER });
      expect([status, Object.keys(body['errors'] as object)]).toEqual([422, ['from']]);
    }
  });

  test('to a number that nobody routed says so', async () => {
    expect((await simulate({ from, to: SANDBOX_NUMBER }, world.keys.live)).body).toMatchObject({
      data: { outcome: 'unrouted', version: 0 },
    });
  });

  test.each([
    ['an unknown number', { to: '+12125550111' }, 'to'],
    ['no number', { from }, 'to'],
    ['nobody who could call', { from: 'abc', to: SANDBOX_NUMBER }, 'from'],
    ['an extension that nobody has', { from: '999', to: SANDBOX_NUMBER }, 'from'],
    ['a wrong time', { to: SANDBOX_NUMBER, at: 'tomorrow' }, 'at'],
    ['no key of a telephone', { to: SANDBOX_NUMBER, keys: ['a'] }, 'keys.0'],
    ['an unknown field', { to: SANDBOX_NUMBER, colour: 'red' }, 'colour'],
  ])('%s is a 422 that names the field', async (_what, body, field) => {
    const { status, body: answer } = await simulate(body);
    expect([status, Object.keys(answer['errors'] as object)]).toEqual([422, [field]]);
  });
});

test('problems are told by their path, and what is incomplete apart', async () => {
  const owner = { accountId: world.account.id, mode: 'test' } as const;
  const id = await changeRouting(world.core, { ...owner, author: 'test', summary: 'later' }, (draft) =>
    draft.create('extension', { ...extension('202', null), destination: null }),
  );
  expect(await world.request('GET', '/api/v2/call-flow/problems')).toMatchObject({
    status: 200,
    body: {
      data: {
        version: 2,
        problemCount: 0,
        problems: [],
        incompleteCount: 1,
        incomplete: [
          { path: `extensions[${id}].destination`, message: 'Extension 202 rings nowhere and leads nowhere.' },
        ],
      },
    },
  });
});

test('a simulated call asks the plan, as a real one does', async () => {
  const { core, account } = world;
  const plan = async (features: Record<string, null> | undefined): Promise<void> => {
    if (features !== undefined) await setPlan(core, { name: 'little', features, actor: 'test' });
    await setAccountPlan(core, {
      ...{ accountId: account.id, plan: features === undefined ? 'self_hosted' : 'little', actor: 'test' },
    });
  };
  const night = { from: '+12125550177', to: SANDBOX_NUMBER, at: '2026-03-02T05:00:00+00:00' };
  const simulated = async () =>
    (await world.request('POST', '/api/v2/call-flow/simulate', { body: night })).body['data'] as {
      outcome: string;
      steps: { description: string }[];
    };
  expect((await simulated()).outcome).toBe('voicemail');
  await plan({ voice: null });
  const unheard = await simulated();
  expect(unheard.outcome).toBe('hangup');
  expect(unheard.steps.map(({ description }) => description)).toContainEqual(expect.stringContaining('no voicemail'));
  await plan({ voicemail: null });
  expect(await simulated()).toMatchObject({
    outcome: 'blocked',
    steps: [{ description: 'The plan of the account has no calls: the caller is refused' }],
  });
  await plan(undefined);
});

describe('versions', () => {
  test('are listed, shown and brought back', async () => {
    const list = await world.request('GET', '/api/v2/call-flow/versions?pageSize=1&page=2');
    expect(list.body).toMatchObject({
      data: [{ version: 1, author: 'test', summary: 'A small office', objectCount: 5, rolledBackTo: null }],
      pagination: { total: 2, currentPage: 2, totalPages: 2 },
    });
    const one = await world.request('GET', '/api/v2/call-flow/versions/1');
    const { changes } = one.body['data'] as { changes: { kind: string; before: unknown }[] };
    expect(changes.map(({ kind, before }) => [kind, before])).toEqual([
      ['voice_mailbox', null],
      ['extension', null],
      ['menu', null],
      ['hours', null],
      ['virtual_number', null],
    ]);
    expect(await world.request('POST', '/api/v2/call-flow/versions/1/rollback')).toMatchObject({
      status: 201,
      body: { data: { version: 3, rolledBackTo: 1, objectCount: 1, summary: 'Back to version 1' } },
    });
    const owner = { accountId: world.account.id, mode: 'test' } as const;
    const audit = await world.core.db
      .selectFrom('audit_log')
      .selectAll()
      .where('action', '=', 'routing.change')
      .execute();
    expect(audit.map(({ subject }) => subject)).toEqual(['1', '2', '3']);
    expect((await readRouting(world.core, owner)).objects.menu.has(menuId)).toBe(true);
  });

  test('of another mode, and none at all, are 404', async () => {
    for (const [method, path] of [
      ['GET', '/api/v2/call-flow/versions/1'],
      ['POST', '/api/v2/call-flow/versions/1/rollback'],
    ] as const) {
      expect((await world.request(method, path, { key: world.keys.live })).status).toBe(404);
    }
    expect((await world.request('GET', '/api/v2/call-flow/versions/99')).status).toBe(404);
    expect((await world.request('POST', '/api/v2/call-flow/versions/99/rollback')).status).toBe(404);
    expect((await world.request('GET', '/api/v2/call-flow/versions/one')).status).toBe(404);
  });
});
