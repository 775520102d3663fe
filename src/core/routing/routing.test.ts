import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { FlowMachine, type Extension, type Menu, type RingGroup } from '#core/call-flow/index.js';
import { CoreError } from '#core/errors.js';
import { addNumber, removeNumber } from '#core/numbers/index.js';
import { createUser, removeUser, updateUser } from '#core/people/index.js';
import {
  changeRouting,
  findObject,
  findVersion,
  listObjects,
  listVersions,
  readRouting,
  readTurns,
  recordTurn,
  rollBack,
  routingProblems,
  type RoutingOwner,
} from '#core/routing/index.js';
import { openBusiness, type Business } from '#test/business.js';

const NUMBER = '+15005550100';
let business: Business;
let owner: RoutingOwner;
let accounts = 0;
beforeAll(async () => {
  business = await openBusiness();
});
beforeEach(async () => {
  owner = { accountId: await business.account(`a${accounts++}`), mode: 'test' };
  await addNumber(business, { ...owner, number: NUMBER, actor: 'test' });
});
afterAll(() => business.close());

const extension = (number: string, more: Partial<Extension> = {}): Extension => ({
  number,
  name: `Desk ${number}`,
  userId: null,
  destination: { type: 'phone', id: number },
  ringSeconds: 20,
  noAnswer: null,
  inDirectory: true,
  ...more,
});
const menu = (more: Partial<Menu> = {}): Menu => ({
  name: 'Main',
  greeting: { text: 'Welcome.' },
  options: [],
  directDial: false,
  timeoutSeconds: 5,
  repeats: 2,
  onTimeout: null,
  onInvalid: null,
  ...more,
});
const group = (more: Partial<RingGroup> = {}): RingGroup => ({
  name: 'Sales',
  strategy: 'all',
  retryAfterSeconds: 5,
  maxHoldSeconds: 60,
  maxAttempts: 2,
  callerId: null,
  holdMusic: null,
  destination: null,
  members: [],
  ...more,
});
const change = <T>(does: Parameters<typeof changeRouting<T>>[2], summary = 'a change'): Promise<T> =>
  changeRouting(business, { ...owner, author: 'test', summary }, does);
const numberId = async (): Promise<number> => {
  const [found] = [...(await readRouting(business, owner)).numbers];
  return found?.[0] ?? 0;
};
async function refusal(refused: Promise<unknown>): Promise<{ code: string; problems: string[] }> {
  const error: unknown = await refused.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof CoreError)) throw new Error('it was not refused', { cause: error });
  return { code: error.code, problems: error.problems.map(({ path, message }) => `${path}: ${message}`) };
}

describe('a change of where calls lead', () => {
  test('is kept with its version, its author, and what it changed', async () => {
    const id = await change((draft) => draft.create('extension', extension('101')), 'Extension 101');
    await change((draft) => draft.update('extension', id, { ringSeconds: 30 }), 'longer');
    const { version, objects } = await readRouting(business, owner);
    expect([version, objects.extension.get(id)?.ringSeconds]).toEqual([2, 30]);
    expect(await findVersion(business, owner, 2)).toMatchObject({
      author: 'test',
      summary: 'longer',
      changes: [{ kind: 'extension', id, before: { ringSeconds: 20 }, after: { ringSeconds: 30 } }],
    });
    const { items, total } = await listVersions(business, owner, { page: 1, pageSize: 1 });
    expect([total, items.map(({ version }) => version)]).toEqual([2, [2]]);
    expect(await findObject(business, owner, 'extension', id)).toMatchObject({ id, body: { number: '101' } });
  });

  test('that changes nothing makes no version', async () => {
    const id = await change((draft) => draft.create('extension', extension('101')));
    await change((draft) => draft.update('extension', id, { number: '101' }));
    expect((await readRouting(business, owner)).version).toBe(1);
  });

  test('that leads to something unknown is refused as a whole, with every path', async () => {
    const refused = refusal(
      change(async (draft) => {
        await draft.create('extension', extension('101', { noAnswer: { type: 'voicemail', id: 77 } }));
        await draft.create('extension', extension('101'));
        await draft.create('menu', menu({ timeoutSeconds: 0 }));
      }),
    );
    const { code, problems } = await refused;
    expect(code).toBe('routing.refused');
    expect(problems.map((text) => text.replace(/\d{2,}\]/, 'N]'))).toEqual([
      expect.stringMatching(/^menus\[\d+\]\.timeoutSeconds: From 1 to 60\.$/),
      expect.stringMatching(/^extensions\[\d+\]\.noAnswer: There is no mailbox 77\.$/),
      expect.stringMatching(/^extensions\[\d+\]\.number: 101 is taken already: extensions\[\d+\]\.number\.$/),
    ]);
    expect((await readRouting(business, owner)).objects.extension.size).toBe(0);
  });

  test('may leave something incomplete, until a number leads there', async () => {
    const id = await change((draft) => draft.create('ring_group', group()));
    expect((await routingProblems(business, owner)).incomplete.map(({ path }) => path)).toEqual([
      `ringGroups[${id}].destination`,
      `ringGroups[${id}].members`,
    ]);
    const number = await numberId();
    const route = (): Promise<void> =>
      change((draft) =>
        draft.put('number', number, {
          description: '',
          destination: { type: 'ring_group', id },
          record: null,
          welcome: null,
        }),
      );
    expect(await refusal(route())).toEqual({
      code: 'routing.refused',
      problems: [
        `ringGroups[${id}].destination: Where unanswered calls go is not chosen. Number ${NUMBER} leads here.`,
        `ringGroups[${id}].members: The group has nobody who can be rung. Number ${NUMBER} leads here.`,
      ],
    });
    await change(async (draft) => {
      const deviceId = await draft.create('extension', extension('101'));
      const members = [{ deviceId, enabled: true, scheduleId: null, position: 1, ringSeconds: 20 }];
      draft.update('ring_group', id, { members, destination: { type: 'hangup' } });
    });
    await route();
    expect((await routingProblems(business, owner)).incomplete).toEqual([]);
  });

  test('that removes what others lead to is refused with who they are, or leads them elsewhere', async () => {
    const { first, second, menuId } = await change(async (draft) => {
      const first = await draft.create('extension', extension('101'));
      const second = await draft.create('extension', extension('102'));
      const options = [
        { digit: '1', label: 'Desk', destination: { type: 'extension' as const, id: first }, enabled: true },
      ];
      return { first, second, menuId: await draft.create('menu', menu({ options })) };
    });
    expect(await refusal(change((draft) => draft.remove('extension', first)))).toEqual({
      code: 'routing.in_use',
      problems: [`menus[${menuId}].options[0].destination: Menu "Main" leads to it, or uses it.`],
    });
    const replaceWith = { type: 'extension' as const, id: second };
    await change((draft) => draft.remove('extension', first, { replaceWith }));
    const { objects } = await readRouting(business, owner);
    expect([...objects.extension.keys()]).toEqual([second]);
    expect(objects.menu.get(menuId)?.options[0]?.destination).toEqual(replaceWith);
  });

  test('of one account or mode is none of another', async () => {
    const id = await change((draft) => draft.create('extension', extension('101')));
    const live: RoutingOwner = { ...owner, mode: 'live' };
    expect((await readRouting(business, live)).objects.extension.size).toBe(0);
    await expect(findObject(business, live, 'extension', id)).rejects.toMatchObject({ code: 'routing.not_found' });
    const theirs = changeRouting(business, { ...live, author: 'x', summary: 'x' }, (draft) =>
      draft.update('extension', id, { ringSeconds: 5 }),
    );
    await expect(theirs).rejects.toMatchObject({ code: 'routing.not_found' });
  });

  test('follows the one before it, however many are made at once', async () => {
    await Promise.all(
      Array.from({ length: 12 }, (_, at) => change((draft) => draft.create('extension', extension(`${100 + at}`)))),
    );
    const { version, objects } = await readRouting(business, owner);
    expect([version, objects.extension.size]).toEqual([12, 12]);
    const made = await Promise.all(
      [1, 2].map(() => refusal(change((draft) => draft.create('extension', extension('200')))).catch(() => 'made')),
    );
    expect(made.filter((outcome) => outcome === 'made')).toHaveLength(1);
  });
});

test('a call keeps what it began with, whatever changes meanwhile', async () => {
  const id = await change(async (draft) => {
    const deviceId = await draft.create('extension', extension('101', { ringSeconds: 20 }));
    const options = [
      { digit: '1', label: '', destination: { type: 'extension' as const, id: deviceId }, enabled: true },
    ];
    return draft.create('menu', menu({ options }));
  });
  const at = new Date(business.clock.now());
  const lead = async (): Promise<FlowMachine> =>
    new FlowMachine(
      await readRouting(business, owner),
      { begin: { destination: { type: 'menu', id } }, caller: undefined, callerName: undefined, from: 'inside' },
      { turns: () => undefined },
    );
  const before = await lead();
  before.begin(at);
  await change((draft) => draft.update('menu', id, { options: [], onTimeout: { type: 'hangup' } }));
  expect(before.next({ kind: 'keys', keys: '1' }, at)).toMatchObject({ kind: 'ring', targets: [{ seconds: 20 }] });
  const after = await lead();
  after.begin(at);
  expect(after.next({ kind: 'keys', keys: '1' }, at)).toMatchObject({ kind: 'gather' });
});

describe('rolling back', () => {
  test('brings back exactly what was, as a version of its own', async () => {
    const first = await change((draft) => draft.create('extension', extension('101')));
    const then = await readRouting(business, owner);
    await change((draft) => draft.update('extension', first, { name: 'Somebody else' }));
    await change((draft) => draft.create('menu', menu()));
    await change((draft) => draft.remove('extension', first));
    const version = await rollBack(business, { ...owner, author: 'test' }, 1);
    expect(version).toMatchObject({ version: 5, rolledBackTo: 1, summary: 'Back to version 1', objects: 2 });
    const now = await readRouting(business, owner);
    expect([now.objects.extension, now.objects.menu]).toEqual([then.objects.extension, then.objects.menu]);
    await rollBack(business, { ...owner, author: 'test' }, 4);
    expect((await readRouting(business, owner)).objects.menu.size).toBe(1);
    await rollBack(business, { ...owner, author: 'test' }, 0);
    expect((await readRouting(business, owner)).objects.menu.size).toBe(0);
    await expect(rollBack(business, { ...owner, author: 'test' }, 99)).rejects.toMatchObject({
      code: 'routing.not_found',
    });
  });

  test('leaves out a number that has left the account', async () => {
    const id = await numberId();
    await change((draft) =>
      draft.put('number', id, { description: '', destination: { type: 'hangup' }, record: null, welcome: null }),
    );
    await removeNumber(business, { ...owner, number: NUMBER, actor: 'test' });
    await change((draft) => draft.create('menu', menu()));
    await rollBack(business, { ...owner, author: 'test' }, 1);
    const { objects } = await readRouting(business, owner);
    expect([objects.number.size, objects.menu.size]).toEqual([0, 0]);
  });

  test('is refused when somebody has left to whom calls would lead', async () => {
    const user = await createUser(business, { ...owner, name: 'Anna', role: 'member', phones: ['101'], actor: 'test' });
    const id = await change((draft) =>
      draft.create('extension', extension('101', { userId: user.id, destination: null })),
    );
    await expect(removeUser(business, { ...owner, id: user.id, actor: 'test' })).rejects.toMatchObject({
      code: 'routing.in_use',
      problems: [{ path: `extensions[${id}].userId` }],
    });
    await change((draft) => draft.remove('extension', id));
    await removeUser(business, { ...owner, id: user.id, actor: 'test' });
    expect(await refusal(rollBack(business, { ...owner, author: 'test' }, 1))).toEqual({
      code: 'routing.refused',
      problems: [`extensions[${id}].userId: There is no user ${user.id}.`],
    });
  });
});

describe('what is kept of a configuration', () => {
  test('is followed at once when people and phones change', async () => {
    const user = await createUser(business, { ...owner, name: 'Anna', role: 'member', phones: ['101'], actor: 'test' });
    await change((draft) => draft.create('menu', menu()));
    const before = await readRouting(business, owner);
    expect(await readRouting(business, owner)).toBe(before);
    await updateUser(business, { ...owner, id: user.id, changes: { phones: ['102'] }, actor: 'test' });
    const after = await readRouting(business, owner);
    expect([before.users.get(user.id)?.phones, after.users.get(user.id)?.phones]).toEqual([['101'], ['102']]);
    // The objects were not read again: they did not change.
    expect(after.objects.menu).toBe(before.objects.menu);
  });

  test('does not stand in the way when somebody else broke it', async () => {
    const user = await createUser(business, { ...owner, name: 'Anna', role: 'member', phones: ['101'], actor: 'test' });
    const number = await numberId();
    await change((draft) =>
      draft.put('number', number, {
        description: '',
        destination: { type: 'user', id: user.id },
        record: null,
        welcome: null,
      }),
    );
    await updateUser(business, { ...owner, id: user.id, changes: { phones: [] }, actor: 'test' });
    const { problems } = await routingProblems(business, owner);
    expect(problems).toEqual([
      {
        path: `numbers[${number}].destination`,
        message: 'Anna has no phone, and nowhere for unanswered calls.',
        reachedFrom: `Number ${NUMBER}`,
      },
    ]);
    await change((draft) => draft.create('menu', menu()));
  });
});

test('objects are listed in pages and found by name, number or description', async () => {
  await change(async (draft) => {
    for (const number of ['101', '102', '203']) await draft.create('extension', extension(number));
  });
  const page = await listObjects(business, owner, 'extension', { page: 2, pageSize: 2 });
  expect([page.total, page.items.map(({ body }) => body.number)]).toEqual([3, ['203']]);
  const found = await listObjects(business, owner, 'extension', { page: 1, pageSize: 10, search: 'desk 10' });
  expect([found.total, found.items.map(({ body }) => body.number)]).toEqual([2, ['101', '102']]);
  expect((await listObjects(business, owner, 'extension', { page: 1, pageSize: 10, search: '%' })).total).toBe(0);
});

test('turns are remembered for groups that ask for them, and an older moment undoes nothing', async () => {
  const groupId = await change((draft) => draft.create('ring_group', group({ strategy: 'least_recent' })));
  const at = (second: number): Date => new Date(Date.UTC(2026, 0, 1, 0, 0, second));
  await recordTurn(business, owner, { groupId, deviceId: 5, rungAt: at(1), answeredAt: at(3) });
  await recordTurn(business, owner, { groupId, deviceId: 5, rungAt: at(2) });
  await recordTurn(business, owner, { groupId, deviceId: 5, rungAt: at(0), answeredAt: at(1) });
  const memory = await readTurns(business, owner, await readRouting(business, owner));
  expect(memory.turns(groupId, 5)).toEqual({ rungAt: at(2), answeredAt: at(3) });
  expect(memory.turns(groupId, 6)).toBeUndefined();
});
