import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { setLimit } from '#core/accounts/index.js';
import { createUser } from '#core/people/index.js';
import { setAccountPlan, setPlan } from '#core/plans/index.js';
import { listVersions } from '#core/routing/index.js';
import type { HeldClock } from '../held-clock.js';
import { openWorld, SANDBOX_NUMBER, type Reply, type World } from '../world.js';

/** Everything that leads calls, as a client sets it up. */
let world: World;
let userId: string;
beforeAll(async () => {
  world = await openWorld();
  const admin = { ...world.core, keyRing: world.platform.keyRing };
  const name = 'phone_system_requests_per_minute';
  await setLimit(admin, { accountId: world.account.id, name, value: 100_000, actor: 'test' });
  const user = { accountId: world.account.id, mode: 'test', name: 'Anna Lind', actor: 'test' } as const;
  userId = (await createUser(world.core, { ...user, phones: ['+15005550001'] })).id;
});
afterAll(() => world.close());

type Data = Record<string, unknown> & { id: number };

async function ask(method: string, path: string, body?: unknown): Promise<Reply> {
  return world.request(method, `/api/v2${path}`, body === undefined ? {} : { body });
}

async function made(path: string, body: object): Promise<Data> {
  const reply = await ask('POST', path, body);
  expect(reply.body).toMatchObject({ data: expect.any(Object) as object });
  expect(reply.status).toBe(201);
  return reply.body['data'] as Data;
}

function errorsOf({ status, body }: Reply): [number, string[]] {
  return [status, Object.keys(body['errors'] ?? {}).sort()];
}

let taken = 100;
const extension = (more: object = {}) =>
  made('/extensions', { number: String(++taken), name: 'Anna', userId, ...more });
const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/) as string;

describe('virtual numbers', () => {
  test('are listed, found, and led somewhere', async () => {
    const { body } = await ask('GET', '/virtual-numbers?page=1&pageSize=100');
    const [number] = body['data'] as Data[];
    expect(number).toEqual({
      id: expect.any(Number) as number,
      phoneNumber: SANDBOX_NUMBER,
      description: '',
      messagingStatus: true,
      voiceEnabled: true,
      destination: null,
      record: null,
      welcome: null,
      createdAt: TIME,
    });
    const { id } = await extension();
    const changed = await ask('PATCH', `/virtual-numbers/${number?.id}`, {
      description: 'Main line',
      destination: { type: 'extension', id },
      record: true,
      welcome: 'Welcome to Lind.',
    });
    expect(changed).toMatchObject({
      status: 200,
      body: {
        data: {
          description: 'Main line',
          destination: { type: 'extension', id },
          record: true,
          welcome: { text: 'Welcome to Lind.', soundId: null },
        },
      },
    });
    expect((await ask('GET', `/virtual-numbers/${number?.id}`)).body).toEqual(changed.body);
    const found = await ask('GET', '/virtual-numbers?search=555-0100');
    expect(found.body['pagination']).toMatchObject({ total: 1 });
    const cleared = await ask('PATCH', `/virtual-numbers/${number?.id}`, { destination: null, record: null });
    expect(cleared.body['data']).toMatchObject({ destination: null, record: null, description: 'Main line' });
  });

  test('of live keys without a carrier cannot be texted from', async () => {
    const { body } = await world.request('GET', '/api/v2/virtual-numbers', { key: world.keys.live });
    expect(body['data']).toMatchObject([{ phoneNumber: SANDBOX_NUMBER, messagingStatus: false, voiceEnabled: true }]);
    await setPlan(world.core, { name: 'texts', features: { virtual_numbers: null }, actor: 'test' });
    const plan = (name: string) =>
      setAccountPlan(world.core, { accountId: world.account.id, plan: name, actor: 'test' });
    await plan('texts');
    const without = await world.request('GET', '/api/v2/virtual-numbers', { key: world.keys.live });
    expect(without.body['data']).toMatchObject([{ phoneNumber: SANDBOX_NUMBER, voiceEnabled: false }]);
    await plan('self_hosted');
  });

  test.each<[string, object, string[]]>([
    ['a kind of destination that there is not', { destination: { type: 'sms', id: 1 } }, ['destination.type']],
    ['a destination without its id', { destination: { type: 'menu' } }, ['destination.id']],
    ['an id of the wrong kind', { destination: { type: 'menu', id: 'main' } }, ['destination.id']],
    ['an id where there is none', { destination: { type: 'hangup', id: 4 } }, ['destination.id']],
    ['a destination that is a text', { destination: 'menu' }, ['destination']],
    ['a destination that is not there', { destination: { type: 'menu', id: 987654 } }, ['destination']],
    ['a user who is not there', { destination: { type: 'user', id: 'usr_none' } }, ['destination']],
    ['words and a sound at once', { welcome: { text: 'Hello', soundId: 4 } }, ['welcome']],
    ['a sound that is not there', { welcome: { soundId: 987654 } }, ['welcome']],
    ['nothing to say', { welcome: {} }, ['welcome']],
    ['several at once', { record: 'yes', description: 4, id: 3 }, ['description', 'id', 'record']],
  ])('422: %s', async (_what, body, fields) => {
    const { body: list } = await ask('GET', '/virtual-numbers');
    const [{ id } = { id: 0 }] = list['data'] as Data[];
    expect(errorsOf(await ask('PATCH', `/virtual-numbers/${id}`, body))).toEqual([422, fields]);
  });
});

describe('menus', () => {
  test('with their keys', async () => {
    const { id: sales } = await extension();
    const menu = await made('/menus', {
      name: 'Main',
      greeting: 'For sales press one.',
      options: [{ digit: '1', label: 'Sales', destination: { type: 'extension', id: sales } }],
    });
    expect(menu).toEqual({
      id: expect.any(Number) as number,
      name: 'Main',
      greeting: { text: 'For sales press one.', soundId: null },
      options: [{ id: '1', digit: '1', label: 'Sales', destination: { type: 'extension', id: sales }, enabled: true }],
      directDial: true,
      timeout: 5,
      repeats: 2,
      timeoutDestination: null,
      invalidDestination: null,
      createdAt: TIME,
      updatedAt: TIME,
    });
    (world.clock as HeldClock).advance(1000);
    const options = [
      { digit: '1', label: 'Sales', destination: { type: 'extension', id: sales } },
      { digit: '*', label: 'Again', destination: { type: 'menu', id: menu.id } },
      { digit: '9', destination: null, enabled: false },
    ];
    const put = await ask('PUT', `/menus/${menu.id}/options`, options);
    expect(put.status).toBe(200);
    expect((await ask('GET', `/menus/${menu.id}/options`)).body['data']).toEqual(put.body['data']);
    expect(put.body['data']).toMatchObject([{ digit: '1' }, { digit: '*', enabled: true }, { digit: '9', label: '' }]);
    const patch = await ask('PATCH', `/menus/${menu.id}`, { timeout: 8, timeoutDestination: { type: 'hangup' } });
    expect(patch.body['data']).toMatchObject({
      timeout: 8,
      timeoutDestination: { type: 'hangup', id: null },
      name: 'Main',
    });
    expect((patch.body['data'] as Data)['updatedAt']).not.toBe(menu['updatedAt']);
    expect((await ask('GET', `/menus?search=mai`)).body).toMatchObject({ data: [{ id: menu.id }] });
    expect((await ask('GET', `/menus/${menu.id}`)).body['data']).toEqual(patch.body['data']);
    expect((await ask('DELETE', `/menus/${menu.id}`)).status).toBe(204);
    expect((await ask('GET', `/menus/${menu.id}`)).status).toBe(404);
    expect((await ask('DELETE', `/menus/${menu.id}`)).status).toBe(404);
  });

  test('may be incomplete, and say so, until a number leads there', async () => {
    const reply = await ask('POST', '/menus', { name: 'Empty', options: [{ digit: '1', label: 'Sales' }] });
    expect(reply.status).toBe(201);
    const { id } = reply.body['data'] as Data;
    expect(reply.body['warnings']).toEqual({ 'options.0.destination': ['Where key 1 leads is not chosen.'] });
    const { body } = await ask('GET', '/virtual-numbers');
    const [number] = body['data'] as Data[];
    const refused = await ask('PATCH', `/virtual-numbers/${number?.id}`, { destination: { type: 'menu', id } });
    expect(refused.status).toBe(422);
    expect(Object.keys(refused.body['errors'] as object)).toEqual([`menus[${id}].options[0].destination`]);
  });

  test.each<[string, object, string[]]>([
    ['no name', {}, ['name']],
    ['an empty name', { name: ' ' }, ['name']],
    ['a key that there is not', { name: 'M', options: [{ digit: '10' }] }, ['options.0.digit']],
    ['a key twice', { name: 'M', options: [{ digit: '1' }, { digit: '2' }, { digit: '1' }] }, ['options.2.digit']],
    [
      'a destination of the second key that is not there',
      { name: 'M', options: [{ digit: '1' }, { digit: '2', destination: { type: 'ring_group', id: 987654 } }] },
      ['options.1.destination'],
    ],
    [
      'one without an id',
      { name: 'M', options: [{ digit: '1', destination: { type: 'menu' } }] },
      ['options.0.destination.id'],
    ],
    ['too long a wait', { name: 'M', timeout: 61 }, ['timeout']],
    [
      'where silence leads to nothing',
      { name: 'M', timeoutDestination: { type: 'menu', id: 987654 } },
      ['timeoutDestination'],
    ],
    ['names of core', { name: 'M', onTimeout: null, timeoutSeconds: 4 }, ['onTimeout', 'timeoutSeconds']],
  ])('422: %s', async (_what, body, fields) => {
    expect(errorsOf(await ask('POST', '/menus', body))).toEqual([422, fields]);
  });

  test('422 for keys alone, by their place in the array', async () => {
    const { id } = await made('/menus', { name: 'Keys' });
    const unknown = [{ digit: '1' }, { digit: '2', destination: { type: 'menu', id: 987654 } }];
    expect(errorsOf(await ask('PUT', `/menus/${id}/options`, unknown))).toEqual([422, ['[1].destination']]);
    expect(errorsOf(await ask('PUT', `/menus/${id}/options`, [{ label: 'x' }]))).toEqual([422, ['[0].digit']]);
    expect((await ask('PUT', `/menus/${id}/options`, { digit: '1' })).status).toBe(422);
    expect((await ask('GET', `/menus/${id}/options`)).body['data']).toEqual([]);
  });
});

describe('ring groups', () => {
  test('as clients make them, with their members', async () => {
    const group = await made('/ring-groups', {
      strategy: 'sequence',
      retryAfter: 10,
      maxHoldTime: 60,
      maxAttempts: 3,
      destination: { type: 'hangup' },
    });
    expect(group).toEqual({
      id: expect.any(Number) as number,
      name: 'Ring group',
      strategy: 'sequence',
      retryAfter: 10,
      maxHoldTime: 60,
      maxAttempts: 3,
      callerId: null,
      holdMusic: null,
      destination: { type: 'hangup', id: null },
      createdAt: TIME,
      updatedAt: TIME,
    });
    const { id: device } = await extension({ name: 'Bo' });
    const mobile = await made('/forwarding-numbers', { number: '(212) 555-0177', description: 'Mobile' });
    const schedule = await made('/forwarding-schedules', {
      name: 'Mornings',
      windows: [{ day: 'monday', open: '08:00', close: '12:00' }],
    });
    const put = await ask('PUT', `/ring-groups/${group.id}/members`, [
      {
        enabled: true,
        forwardingDeviceId: mobile.id,
        forwardingSchedule: schedule.id,
        sequencePosition: 2,
        ringTimeout: 15,
      },
      { enabled: true, forwardingDeviceId: device, forwardingSchedule: null, sequencePosition: 1, ringTimeout: 20 },
    ]);
    expect(put.body['data']).toEqual([
      {
        id: device,
        forwardingDevice: { id: device, type: 'extension', number: String(taken), name: 'Bo' },
        forwardingSchedule: null,
        enabled: true,
        sequencePosition: 1,
        ringTimeout: 20,
      },
      {
        id: mobile.id,
        forwardingDevice: { id: mobile.id, type: 'forwarding_number', number: '+12125550177', name: 'Mobile' },
        forwardingSchedule: schedule.id,
        enabled: true,
        sequencePosition: 2,
        ringTimeout: 15,
      },
    ]);
    expect((await ask('GET', `/ring-groups/${group.id}/members?page=1&pageSize=100`)).body['data']).toEqual(
      put.body['data'],
    );
    const patched = await ask('PATCH', `/ring-groups/${group.id}`, { maxHoldTime: 90 });
    expect(patched.body['data']).toMatchObject({ maxHoldTime: 90, maxAttempts: 3 });

    // Who uses it stands in the way, unless something takes its place.
    expect(errorsOf(await ask('DELETE', `/forwarding-schedules/${schedule.id}`))).toEqual([
      422,
      [`ringGroups[${group.id}].members[0].forwardingSchedule`],
    ]);
    expect(errorsOf(await ask('DELETE', `/extensions/${device}`))).toEqual([
      422,
      [`ringGroups[${group.id}].members[1].forwardingDeviceId`],
    ]);
    const other = await extension({ name: 'Cem' });
    const replacement = `replacementType=extension&replacementId=${other.id}`;
    expect((await ask('DELETE', `/extensions/${device}?${replacement}`)).status).toBe(204);
    const { body } = await ask('GET', `/ring-groups/${group.id}/members`);
    expect(body['data']).toMatchObject([{ forwardingDevice: { name: 'Cem' } }, { id: mobile.id }]);
    const emptied = await ask('PUT', `/ring-groups/${group.id}/members`, []);
    expect(emptied).toMatchObject({ status: 200, body: { data: [], warnings: expect.any(Object) as object } });
    expect((await ask('DELETE', `/forwarding-schedules/${schedule.id}`)).status).toBe(204);
    expect((await ask('DELETE', `/ring-groups/${group.id}`)).status).toBe(204);
  });

  test('a body wrapped in data is refused by name', async () => {
    const { id } = await made('/ring-groups', {});
    expect(errorsOf(await ask('PATCH', `/ring-groups/${id}`, { data: { maxHoldTime: 30 } }))).toEqual([422, ['data']]);
    expect((await ask('GET', `/ring-groups/${id}`)).body['data']).toMatchObject({ maxHoldTime: 120 });
  });

  test.each<[string, object, string[]]>([
    ['a way to ring that there is not', { strategy: 'loudest' }, ['strategy']],
    ['numbers that are texts', { maxHoldTime: '60', retryAfter: null }, ['maxHoldTime', 'retryAfter']],
    ['too much', { maxAttempts: 1000 }, ['maxAttempts']],
    ['a caller id that is not ours', { callerId: 987654 }, ['callerId']],
    ['where nobody answers leads to nothing', { destination: { type: 'voicemail', id: 987654 } }, ['destination']],
  ])('422: %s', async (_what, body, fields) => {
    expect(errorsOf(await ask('POST', '/ring-groups', body))).toEqual([422, fields]);
  });

  test.each<[string, unknown, string[]]>([
    ['a device that is not there', [{ forwardingDeviceId: 987654 }], ['[0].forwardingDeviceId']],
    ['no device', [{ enabled: true }], ['[0].forwardingDeviceId']],
    [
      'a schedule that is not there',
      [{ forwardingDeviceId: 0, forwardingSchedule: 987654 }],
      ['[0].forwardingSchedule'],
    ],
    ['a time that cannot be', [{ forwardingDeviceId: 1, ringTimeout: 0 }], ['[0].ringTimeout']],
  ])('422 for members: %s', async (_what, members, fields) => {
    const { id } = await made('/ring-groups', {});
    const { id: device } = await extension();
    const given = (members as object[]).map((member) =>
      'forwardingDeviceId' in member && member.forwardingDeviceId === 0
        ? { ...member, forwardingDeviceId: device }
        : member,
    );
    expect(errorsOf(await ask('PUT', `/ring-groups/${id}/members`, given))).toEqual([422, fields]);
  });
});

describe('extensions', () => {
  test('are made, changed and deleted', async () => {
    const made1 = await extension({ ringTimeout: 12, noAnswerDestination: { type: 'hangup' } });
    expect(made1).toMatchObject({
      ...{ name: 'Anna', number: String(taken), userId, destination: null, ringTimeout: 12, inDirectory: true },
      noAnswerDestination: { type: 'hangup', id: null },
    });
    const path = `/extensions/${made1.id}`;
    const { body } = await ask('PATCH', path, { name: 'Anna L.', destination: { type: 'user', id: userId } });
    expect(body['data']).toMatchObject({ name: 'Anna L.', destination: { type: 'user', id: userId } });
    expect((await ask('GET', path)).body['data']).toEqual(body['data']);
    expect((await ask('GET', `/extensions?search=anna%20l`)).body).toMatchObject({ data: [{ id: made1.id }] });
    expect((await ask('DELETE', path)).status).toBe(204);
    expect((await ask('PATCH', path, { name: 'x' })).status).toBe(404);
  });

  test.each<[string, object, string[]]>([
    ['no number and no name', {}, ['name', 'number']],
    ['a number that nobody dials', { number: '1', name: 'A' }, ['number']],
    ['a number of help', { number: '911', name: 'A' }, ['number']],
    ['a user who is not there', { number: '4444', name: 'A', userId: 'usr_none' }, ['userId']],
    ['a number as a number', { number: 123, name: 'A' }, ['number']],
  ])('422: %s', async (_what, body, fields) => {
    expect(errorsOf(await ask('POST', '/extensions', body))).toEqual([422, fields]);
  });

  test('422: a number that another has', async () => {
    const { number } = await extension();
    expect(errorsOf(await ask('POST', '/extensions', { number, name: 'B', userId }))).toEqual([422, ['number']]);
  });
});

describe('forwarding numbers', () => {
  test('are made, changed and deleted', async () => {
    const number = await made('/forwarding-numbers', { number: '+1 212 555 0178', announceAndVoicemailEnabled: false });
    expect(number).toEqual({
      id: expect.any(Number) as number,
      number: '+12125550178',
      description: '',
      transformedDescription: '+12125550178',
      announceAndVoicemailEnabled: false,
      transferCode: null,
      ringTimeout: 30,
      noAnswerDestination: null,
      createdAt: TIME,
      updatedAt: TIME,
    });
    const path = `/forwarding-numbers/${number.id}`;
    const { body } = await ask('PATCH', path, { description: 'Desk at home', transferCode: '77' });
    expect(body['data']).toMatchObject({ transformedDescription: 'Desk at home', transferCode: '77' });
    expect((await ask('GET', path)).body['data']).toEqual(body['data']);
    expect((await ask('GET', '/forwarding-numbers?search=desk')).body).toMatchObject({ data: [{ id: number.id }] });
    expect((await ask('DELETE', path)).status).toBe(204);
  });

  test.each<[string, object, string[]]>([
    ['no number', { description: 'x' }, ['number']],
    ['a number that is none', { number: 'home' }, ['number']],
    ['a code that cannot be dialled', { number: '+12125550179', transferCode: '7' }, ['transferCode']],
  ])('422: %s', async (_what, body, fields) => {
    expect(errorsOf(await ask('POST', '/forwarding-numbers', body))).toEqual([422, fields]);
  });
});

describe('forwarding schedules', () => {
  test('are made, changed and deleted', async () => {
    const windows = [
      { day: 'tuesday', open: '22:00', close: '02:00' },
      { day: 'monday', open: '13:00', close: '17:30' },
      { day: 'monday', open: '08:00', close: '12:00' },
    ];
    const schedule = await made('/forwarding-schedules', { name: 'Shifts', timezone: 'Europe/Berlin', windows });
    expect(schedule).toMatchObject({ name: 'Shifts', timezone: 'Europe/Berlin', windows: [...windows].reverse() });
    const path = `/forwarding-schedules/${schedule.id}`;
    const { body } = await ask('PATCH', path, { timezone: null, windows: [] });
    expect(body['data']).toMatchObject({ name: 'Shifts', timezone: null, windows: [] });
    expect((await ask('GET', path)).body['data']).toEqual(body['data']);
    expect((await ask('GET', '/forwarding-schedules?pageSize=100')).body['data']).toContainEqual(body['data']);
    expect((await ask('DELETE', path)).status).toBe(204);
  });

  test.each<[string, object, string[]]>([
    ['no name', { windows: [] }, ['name']],
    ['a zone that there is not', { name: 'S', timezone: 'Mars/Base' }, ['timezone']],
    [
      'a day that there is not',
      { name: 'S', windows: [{ day: 'mon', open: '08:00', close: '12:00' }] },
      ['windows.0.day'],
    ],
    [
      'times that there are not, of the second',
      {
        name: 'S',
        windows: [
          { day: 'monday', open: '08:00', close: '12:00' },
          { day: 'friday', open: '25:00', close: '12:00' },
        ],
      },
      ['windows.1.open'],
    ],
  ])('422: %s', async (_what, body, fields) => {
    expect(errorsOf(await ask('POST', '/forwarding-schedules', body))).toEqual([422, fields]);
  });
});

describe('hours', () => {
  test('are closed until somebody sets them, and then as set', async () => {
    expect((await ask('GET', '/hours/settings')).body['data']).toEqual({
      timezone: 'UTC',
      mode: 'schedule',
      until: null,
      isOpen: false,
      reason: 'Closed by the week',
      weekly: [],
      holidays: [],
      openDestination: null,
      closedDestination: null,
    });
    const { id } = await extension();
    const days = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'];
    const weekly = days.map((day) => ({ day, open: '00:00', close: '24:00' }));
    const { status, body } = await ask('PATCH', '/hours/settings', {
      timezone: 'America/New_York',
      weekly,
      holidays: [
        { date: '12-25', name: 'Christmas Day' },
        { date: '2026-12-24', windows: [{ open: '09:00', close: '12:00' }], destination: { type: 'hangup' } },
      ],
      openDestination: { type: 'extension', id },
      closedDestination: { type: 'hangup' },
    });
    expect(status).toBe(200);
    expect(body['data']).toMatchObject({
      timezone: 'America/New_York',
      isOpen: true,
      reason: 'Open by the week',
      weekly,
      holidays: [
        { date: '12-25', name: 'Christmas Day', windows: [], destination: null },
        { date: '2026-12-24', windows: [{ open: '09:00', close: '12:00' }], destination: { type: 'hangup', id: null } },
      ],
      openDestination: { type: 'extension', id },
    });
  });

  test('are open or closed by hand, for a while or until it is taken back', async () => {
    const until = new Date(world.clock.now() + 3_600_000);
    const closed = await ask('PUT', '/hours-override', {
      mode: 'closed',
      until: until.toISOString().replace(/\.\d+Z$/, '+00:00'),
    });
    const shown = `${until.toISOString().slice(0, 19)}.000000Z`;
    expect(closed.body['data']).toMatchObject({ mode: 'closed', until: shown, isOpen: false });
    (world.clock as HeldClock).advance(3_600_000);
    expect((await ask('GET', '/hours/settings')).body['data']).toMatchObject({
      mode: 'schedule',
      until: null,
      isOpen: true,
    });
    expect((await ask('PUT', '/hours-override', { mode: 'closed' })).body['data']).toMatchObject({
      ...{ mode: 'closed', until: null, isOpen: false },
    });
    expect((await ask('PUT', '/hours-override', { mode: 'none' })).body['data']).toMatchObject({ mode: 'schedule' });

    // With the settings too: whoever sends back what they have read changes nothing, and loses no end.
    const set = async (mode: string) => (await ask('PATCH', '/hours/settings', { mode })).body['data'];
    expect(await set('closed')).toMatchObject({ mode: 'closed', until: null, isOpen: false });
    expect(await set('open')).toMatchObject({ mode: 'open', until: null, isOpen: true });
    const soon = new Date(world.clock.now() + 600_000).toISOString();
    await ask('PUT', '/hours-override', { mode: 'open', until: soon });
    expect(await set('open')).toMatchObject({ mode: 'open', until: expect.any(String) as string });
    expect(await set('schedule')).toMatchObject({ mode: 'schedule', until: null });
  });

  test.each<[string, string, object, string[]]>([
    ['PATCH', 'a zone that there is not', { timezone: 'Nowhere' }, ['timezone']],
    [
      'PATCH',
      'a time that there is not',
      { weekly: [{ day: 'monday', open: '9:00', close: '12:00' }] },
      ['weekly.0.open'],
    ],
    ['PATCH', 'a day that there is not', { holidays: [{ date: '02-30' }] }, ['holidays.0.date']],
    [
      'PATCH',
      'a holiday’s destination that is not there',
      { holidays: [{ date: '01-01' }, { date: '01-02', destination: { type: 'menu', id: 987654 } }] },
      ['holidays.1.destination'],
    ],
    ['PATCH', 'where it leads to nothing', { openDestination: { type: 'menu', id: 987654 } }, ['openDestination']],
    ['PATCH', 'a mode that there is not', { mode: 'none' }, ['mode']],
    ['PUT', 'no mode', {}, ['mode']],
    ['PUT', 'a mode that there is not', { mode: 'maybe' }, ['mode']],
    ['PUT', 'a time that is over', { mode: 'open', until: '2020-01-01T00:00:00Z' }, ['until']],
    ['PUT', 'a time that is none', { mode: 'open', until: 'tomorrow' }, ['until']],
    ['PUT', 'an end of what has none', { mode: 'none', until: '2099-01-01T00:00:00Z' }, ['until']],
  ])('%s 422: %s', async (method, _what, body, fields) => {
    const path = method === 'PATCH' ? '/hours/settings' : '/hours-override';
    expect(errorsOf(await ask(method, path, body))).toEqual([422, fields]);
  });
});

describe('settings', () => {
  test('have defaults, and are changed in what is given', async () => {
    const { body } = await ask('GET', '/settings');
    expect(body['data']).toEqual({
      anonymousCallers: 'accept',
      anonymousMailboxId: null,
      record: 'none',
      recordConsent: false,
      holdMusic: null,
      language: 'en-US',
      voice: null,
      parkTimeout: 120,
      maxCallDuration: 14_400,
    });
    const changed = await ask('PATCH', '/settings', {
      anonymousCallers: 'reject',
      holdMusic: 'Please hold.',
      parkTimeout: 60,
    });
    expect(changed).toMatchObject({
      status: 200,
      body: {
        data: { anonymousCallers: 'reject', holdMusic: { text: 'Please hold.' }, parkTimeout: 60, language: 'en-US' },
      },
    });
  });

  test.each<[string, object, string[]]>([
    ['a word that there is not', { record: 'some' }, ['record']],
    ['voicemail without a mailbox', { anonymousCallers: 'voicemail' }, ['anonymousMailboxId']],
    ['a mailbox that is not there', { anonymousMailboxId: 987654 }, ['anonymousMailboxId']],
    ['no time at all', { parkTimeout: 0, maxCallDuration: 1 }, ['maxCallDuration', 'parkTimeout']],
    ['no language', { language: '!!' }, ['language']],
  ])('422: %s', async (_what, body, fields) => {
    expect(errorsOf(await ask('PATCH', '/settings', body))).toEqual([422, fields]);
  });
});

describe('a replacement', () => {
  test.each([
    ['replacementId=4', 'replacementType'],
    ['replacementType=moon', 'replacementType'],
    ['replacementType=menu', 'replacementId'],
    ['replacementType=hangup&replacementId=4', 'replacementId'],
    ['replacement=menu', 'replacement'],
  ])('that is none is refused: %s', async (query, field) => {
    const { id } = await made('/menus', { name: 'Here' });
    expect(errorsOf(await ask('DELETE', `/menus/${id}?${query}`))).toEqual([422, [field]]);
    expect((await ask('GET', `/menus/${id}`)).status).toBe(200);
  });
});

describe('a circle that nobody leaves by a key', () => {
  test('is refused, with where', async () => {
    const one = await made('/ring-groups', {});
    const two = await made('/ring-groups', { destination: { type: 'ring_group', id: one.id } });
    const reply = await ask('PATCH', `/ring-groups/${one.id}`, { destination: { type: 'ring_group', id: two.id } });
    expect(reply.status).toBe(422);
    expect(JSON.stringify(reply.body['errors'])).toContain('destination');
  });
});

test('every change has its version, with who and what for', async () => {
  const { id } = await made('/menus', { name: 'Told' });
  await ask('DELETE', `/menus/${id}`);
  const owner = { accountId: world.account.id, mode: 'test' as const };
  const { items } = await listVersions(world.core, owner, { page: 1, pageSize: 2 });
  expect(items.map(({ summary, author }) => [summary, author.slice(0, 4)])).toEqual([
    ['Menu "Told" removed', 'key_'],
    ['Menu "Told" made', 'key_'],
  ]);
});
