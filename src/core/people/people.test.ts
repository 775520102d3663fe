import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  createGroup,
  createUser,
  findGroup,
  findRingablePhones,
  findUser,
  findUserCalled,
  listGroups,
  listUsers,
  removeGroup,
  removeUser,
  updateGroup,
  updateUser,
  type PeopleOwner,
} from '#core/people/index.js';
import { addPhone, removePhone } from '#core/phones/index.js';
import { openBusiness, type Business } from '#test/business.js';

let business: Business;
let live: PeopleOwner;
let test: PeopleOwner;
let accounts = 0;
beforeAll(async () => {
  business = await openBusiness();
});
beforeEach(async () => {
  const accountId = await business.account(`people${(accounts += 1)}`);
  live = { accountId, mode: 'live' };
  test = { accountId, mode: 'test' };
});
afterAll(() => business.close());

const actor = 'tester';
const refusal = (code: string, field?: string): object =>
  expect.objectContaining({ code, ...(field === undefined ? {} : { field }) }) as object;
const phone = (name: string): Promise<unknown> =>
  addPhone(business, { actor, accountId: live.accountId, name, password: 'long enough' });

async function audit(subject: string): Promise<string[]> {
  const rows = await business.db
    .selectFrom('audit_log')
    .select('action')
    .where('subject', '=', subject)
    .where('actor', '=', actor)
    .orderBy('id')
    .execute();
  return rows.map(({ action }) => action);
}

describe('users', () => {
  it('are created, changed, found and removed, with a line in the audit log each time', async () => {
    await phone('101');
    const ann = await createUser(business, {
      ...live,
      actor,
      name: ' Ann Lee ',
      email: 'Ann@example.com',
      role: 'admin',
      phones: ['101', '101'],
    });
    expect(ann).toMatchObject({ name: 'Ann Lee', email: 'Ann@example.com', role: 'admin', phones: ['101'] });
    expect(await findUser(business, live, ann.id)).toEqual(ann);
    for (const called of [ann.id, 'ann@EXAMPLE.com', 'ann lee']) {
      expect(await findUserCalled(business, live, called)).toEqual(ann);
    }

    business.clock.advance(1000);
    const changed = await updateUser(business, { ...live, actor, id: ann.id, changes: { email: null, phones: [] } });
    expect(changed).toEqual({
      ...ann,
      email: undefined,
      phones: [],
      updatedAt: new Date(business.clock.now()),
    });

    await removeUser(business, { ...live, actor, id: ann.id });
    await expect(findUser(business, live, ann.id)).rejects.toEqual(refusal('user.not_found'));
    await expect(removeUser(business, { ...live, actor, id: ann.id })).rejects.toEqual(refusal('user.not_found'));
    expect(await audit(ann.id)).toEqual(['user.create', 'user.update', 'user.remove']);
  });

  it.each([
    [{ name: '  ' }, 'name'],
    [{ name: 'n'.repeat(101) }, 'name'],
    [{ email: 'nobody' }, 'email'],
    [{ email: 'a b@example.com' }, 'email'],
    [{ phones: ['101', 'no phone'] }, 'phones.1'],
    [{ phones: ['+12125550100'] }, 'phones.0'],
    [{ phones: ['+150055500200'] }, 'phones.0'],
    [{ phones: Array.from({ length: 11 }, (_, at) => `1${at}`) }, 'phones'],
  ])('refuses %j', async (wrong, field) => {
    await expect(createUser(business, { ...test, actor, name: 'Ann', ...wrong })).rejects.toEqual(
      refusal('user.bad_input', field),
    );
    const { id } = await createUser(business, { ...test, actor, name: 'Ann' });
    await expect(updateUser(business, { ...test, actor, id, changes: wrong })).rejects.toEqual(
      refusal('user.bad_input', field),
    );
    expect(await listUsers(business, test, { limit: 10 })).toHaveLength(1);
  });

  it('have phones of the account; in the sandbox any name, or a simulated number', async () => {
    const other = await business.account('stranger');
    await addPhone(business, { actor, accountId: other, name: '909', password: 'long enough' });
    await expect(createUser(business, { ...live, actor, name: 'Ann', phones: ['909'] })).rejects.toEqual(
      refusal('user.bad_input', 'phones.0'),
    );
    const { phones } = await createUser(business, { ...test, actor, name: 'Ann', phones: ['909', '+15005550020'] });
    expect(phones).toEqual(['909', '+15005550020']);
  });

  it('lose a phone that is removed, and keep it in the sandbox', async () => {
    await phone('101');
    await phone('102');
    const real = await createUser(business, { ...live, actor, name: 'Ann', phones: ['101', '102'] });
    const simulated = await createUser(business, { ...test, actor, name: 'Ann', phones: ['101'] });
    await removePhone(business, { actor, accountId: live.accountId, name: '101' });
    expect((await findUser(business, live, real.id)).phones).toEqual(['102']);
    expect((await findUser(business, test, simulated.id)).phones).toEqual(['101']);
  });

  it('keep no phone that is removed while they get it, and nobody waits in a circle', async () => {
    const ids: string[] = [];
    for (const name of ['Ann', 'Bob', 'Cy', 'Di']) {
      ids.push((await createUser(business, { ...live, actor, name })).id);
    }
    for (let round = 0; round < 10; round += 1) {
      await phone('200');
      const give = ids.map((id) => updateUser(business, { ...live, actor, id, changes: { phones: ['200'] } }));
      const rename = ids.map((id) => updateUser(business, { ...live, actor, id, changes: { name: `Round ${round}` } }));
      const remove = removePhone(business, { actor, accountId: live.accountId, name: '200' });
      const [removed, ...results] = await Promise.allSettled([remove, ...give, ...rename]);
      expect(removed.status).toBe('fulfilled');
      for (const result of results) {
        if (result.status === 'rejected') expect(result.reason).toEqual(refusal('user.bad_input', 'phones.0'));
      }
      const users = await listUsers(business, live, { limit: 10 });
      expect(users.map((user) => [user.name, user.phones])).toEqual(ids.map(() => [`Round ${round}`, []]));
    }
  });

  it('have an e-mail address that is nobody else’s, whatever its case, also when two are created at once', async () => {
    const create = (email: string) => createUser(business, { ...live, actor, name: 'Ann', email });
    const results = await Promise.allSettled([create('ann@example.com'), create('ANN@example.com')]);
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(results.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: refusal('user.email_taken', 'email'),
    });
    const bob = await createUser(business, { ...live, actor, name: 'Bob' });
    await expect(
      updateUser(business, { ...live, actor, id: bob.id, changes: { email: 'ann@example.com' } }),
    ).rejects.toEqual(refusal('user.email_taken', 'email'));
    await createUser(business, { ...test, actor, name: 'Ann', email: 'ann@example.com' });
  });

  it('are named by id or e-mail address when two have one name', async () => {
    const first = await createUser(business, { ...live, actor, name: 'Ann', email: 'ann@example.com' });
    const second = await createUser(business, { ...live, actor, name: 'ann' });
    await expect(findUserCalled(business, live, 'Ann')).rejects.toEqual(refusal('user.bad_input', 'user'));
    expect(await findUserCalled(business, live, second.id)).toEqual(second);
    expect(await findUserCalled(business, live, 'ann@example.com')).toEqual(first);
  });

  it('are listed the oldest first, by pages, or by a part of the name or address', async () => {
    const made = [];
    for (const [name, email] of [
      ['Ann', 'ann@example.com'],
      ['Bob', 'bob@example.com'],
      ['Cy 100%', null],
    ] as const) {
      made.push((await createUser(business, { ...live, actor, name, email })).id);
      business.clock.advance(1);
    }
    const ids = async (filter: object) =>
      (await listUsers(business, live, { limit: 10, ...filter })).map(({ id }) => id);
    expect(await ids({})).toEqual(made);
    expect(await ids({ limit: 2 })).toEqual(made.slice(0, 2));
    expect(await ids({ limit: 2, after: made[1] })).toEqual(made.slice(2));
    expect(await ids({ search: 'ANN' })).toEqual(made.slice(0, 1));
    expect(await ids({ search: 'example' })).toEqual(made.slice(0, 2));
    expect(await ids({ search: '%' })).toEqual(made.slice(2));
    expect(await ids({ search: '_' })).toEqual([]);
  });
});

describe('groups', () => {
  it('keep the order of their members, lose those that are removed, and outlive them', async () => {
    const ann = await createUser(business, { ...test, actor, name: 'Ann', email: 'ann@example.com' });
    const bob = await createUser(business, { ...test, actor, name: 'Bob' });
    const sales = await createGroup(business, {
      ...test,
      actor,
      name: 'Sales',
      members: ['bob', 'ann@example.com', bob.id],
    });
    expect(sales.members).toEqual([bob.id, ann.id]);
    const turned = await updateGroup(business, {
      ...test,
      actor,
      id: sales.id,
      changes: { name: 'Sellers', members: [ann.id, bob.id] },
    });
    expect(turned).toMatchObject({ name: 'Sellers', members: [ann.id, bob.id] });
    await removeUser(business, { ...test, actor, id: ann.id });
    expect(await findGroup(business, test, sales.id)).toEqual({ ...turned, members: [bob.id] });
    await updateGroup(business, { ...test, actor, id: sales.id, changes: { members: [] } });
    expect(await listGroups(business, test, { limit: 10 })).toEqual([{ ...turned, members: [] }]);

    await removeGroup(business, { ...test, actor, id: sales.id });
    await expect(findGroup(business, test, sales.id)).rejects.toEqual(refusal('group.not_found'));
    expect(await findUser(business, test, bob.id)).toEqual(bob);
    expect(await audit(sales.id)).toEqual(['group.create', 'group.update', 'group.update', 'group.remove']);
  });

  it('lose a member who is removed while they get one, and nobody waits in a circle', async () => {
    const { id } = await createGroup(business, { ...test, actor, name: 'Sales' });
    for (let round = 0; round < 10; round += 1) {
      const members = await Promise.all(
        ['Ann', 'Bob', 'Cy'].map(async (name) => (await createUser(business, { ...test, actor, name })).id),
      );
      await updateGroup(business, { ...test, actor, id, changes: { members } });
      const results = await Promise.allSettled([
        updateGroup(business, { ...test, actor, id, changes: { members: members.toReversed() } }),
        ...members.map((member) => removeUser(business, { ...test, actor, id: member })),
        updateGroup(business, { ...test, actor, id, changes: { members } }),
      ]);
      for (const result of results) {
        if (result.status === 'rejected') {
          expect(result.reason).toMatchObject({
            code: 'group.bad_input',
            field: expect.stringContaining('members') as string,
          });
        }
      }
      expect((await findGroup(business, test, id)).members).toEqual([]);
    }
  });

  it('refuse unknown members and names that are taken, and stay as they were', async () => {
    const ann = await createUser(business, { ...test, actor, name: 'Ann' });
    const stranger = await createUser(business, { ...live, actor, name: 'Stranger' });
    const sales = await createGroup(business, { ...test, actor, name: 'Sales', members: [ann.id] });
    const wrong: [object, object][] = [
      [{ members: [ann.id, stranger.id] }, refusal('group.bad_input', 'members.1')],
      [{ members: Array.from({ length: 51 }, () => ann.id) }, refusal('group.bad_input', 'members')],
      [{ name: '' }, refusal('group.bad_input', 'name')],
    ];
    for (const [changes, refused] of wrong) {
      await expect(createGroup(business, { ...test, actor, name: 'Other', ...changes })).rejects.toEqual(refused);
      await expect(updateGroup(business, { ...test, actor, id: sales.id, changes })).rejects.toEqual(refused);
    }
    await expect(createGroup(business, { ...test, actor, name: 'SALES' })).rejects.toEqual(
      refusal('group.name_taken', 'name'),
    );
    const other = await createGroup(business, { ...test, actor, name: 'Other' });
    await expect(updateGroup(business, { ...test, actor, id: other.id, changes: { name: 'sales' } })).rejects.toEqual(
      refusal('group.name_taken', 'name'),
    );
    expect(await listGroups(business, test, { limit: 10 })).toEqual([sales, other]);
    await createGroup(business, { ...live, actor, name: 'Sales' });
  });
});

describe('phones that can be rung', () => {
  it('are all of a user, or all of a group’s members, each once', async () => {
    const ann = await createUser(business, { ...test, actor, name: 'Ann', phones: ['101', '102'] });
    const bob = await createUser(business, { ...test, actor, name: 'Bob', phones: ['102', '103'] });
    const group = await createGroup(business, { ...test, actor, name: 'Sales', members: [bob.id, ann.id] });
    const annOn = (name: string) => ({ phone: name, userId: ann.id, userName: 'Ann' });
    const bobOn = (name: string) => ({ phone: name, userId: bob.id, userName: 'Bob' });
    expect(await findRingablePhones(business, { ...test, user: 'ann' })).toEqual({
      user: { id: ann.id, name: 'Ann' },
      phones: [annOn('101'), annOn('102')],
    });
    expect(await findRingablePhones(business, { ...test, group: 'sales' })).toEqual({
      group: { id: group.id, name: 'Sales' },
      phones: [bobOn('102'), bobOn('103'), annOn('101')],
    });
    expect(await findRingablePhones(business, { ...test, group: group.id })).toMatchObject({ group: { id: group.id } });
  });

  it('are missed by name: unknown, of another mode or account, or without a phone', async () => {
    const ann = await createUser(business, { ...test, actor, name: 'Ann' });
    const group = await createGroup(business, { ...test, actor, name: 'Sales', members: [ann.id] });
    const other = { accountId: await business.account(`other${accounts}`), mode: 'test' as const };
    const look = (input: PeopleOwner & ({ user: string } | { group: string })) => findRingablePhones(business, input);
    await expect(look({ ...test, user: 'nobody' })).rejects.toEqual(refusal('user.not_found', 'user'));
    await expect(look({ ...live, user: ann.id })).rejects.toEqual(refusal('user.not_found', 'user'));
    await expect(look({ ...other, user: ann.id })).rejects.toEqual(refusal('user.not_found', 'user'));
    await expect(look({ ...live, group: group.id })).rejects.toEqual(refusal('group.not_found', 'group'));
    await expect(look({ ...other, group: 'Sales' })).rejects.toEqual(refusal('group.not_found', 'group'));
    await expect(look({ ...test, user: 'ann' })).rejects.toEqual(refusal('user.no_phone', 'user'));
    await expect(look({ ...test, group: 'sales' })).rejects.toEqual(refusal('user.no_phone', 'group'));
  });
});
