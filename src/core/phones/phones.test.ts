import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addNumber, listNumbers } from '#core/numbers/index.js';
import { addPhone, findPhoneById, listPhones, recordRegistration, removePhone } from '#core/phones/index.js';
import { openBusiness, type Business } from '#test/business.js';
import type { PhoneConfig, PhoneContact } from '#voice/engine.js';

let business: Business;
let first: string;
let second: string;
beforeAll(async () => {
  business = await openBusiness();
  first = await business.account('first');
  second = await business.account('second');
});
afterAll(() => business.close());

const actor = 'test';
const refusal = (code: string, field: string): object => expect.objectContaining({ code, field }) as object;

/** The phones of the engine's last configuration. */
function configured(): PhoneConfig[] {
  const last = business.live.commands.at(-1);
  return last?.kind === 'configure' ? last.phones : [];
}

function contact(port: number, expiresAt: number): PhoneContact {
  return { uri: `sip:101@192.0.2.7:${port}`, transport: 'udp', address: '192.0.2.7', port, expiresAt };
}

describe('adding', () => {
  it('tells the engine: any host for the first account, its own domain for another', async () => {
    const one = await addPhone(business, { actor, accountId: first, name: '101', password: 'correct horse' });
    business.clock.advance(1);
    const other = await addPhone(business, {
      actor,
      accountId: second,
      name: '101',
      password: 'battery staple',
    });
    expect(one.password).toBeUndefined();
    expect(configured()).toEqual([
      { id: one.id, name: '101', password: 'correct horse', contacts: [] },
      { id: other.id, name: '101', domain: 'second.sidetone.test', password: 'battery staple', contacts: [] },
    ]);
    expect(await findPhoneById(business, other.id)).toMatchObject({ id: other.id, accountId: second, name: '101' });
    expect(await findPhoneById(business, one.id)).toMatchObject({ id: one.id, accountId: first, name: '101' });
  });

  it('makes up a password and gives it once', async () => {
    const { id, password } = await addPhone(business, { actor, accountId: first, name: 'lobby' });
    expect(password).toMatch(/^[\w-]{20}$/);
    expect(configured().find((phone) => phone.id === id)?.password).toBe(password);
  });

  it('warns of a short password and of emergency calls, loudly', async () => {
    const short = await addPhone(business, { actor, accountId: first, name: '102', password: 'secret' });
    expect(short.warnings).toEqual([
      expect.stringContaining('emergency'),
      expect.stringContaining('shorter than 8 characters'),
    ]);
    const long = await addPhone(business, { actor, accountId: first, name: '103', password: 'secretly' });
    expect(long.warnings).toHaveLength(1);
  });

  it.each([
    [{ name: '' }, 'name'],
    [{ name: 'a b' }, 'name'],
    [{ name: '1@x' }, 'name'],
    [{ name: '109', password: '' }, 'password'],
    [{ name: '109', password: 'line\nbreak' }, 'password'],
    [{ name: '109', password: 'p'.repeat(129) }, 'password'],
  ])('refuses %j', async (input, field) => {
    await expect(addPhone(business, { actor, accountId: first, ...input })).rejects.toEqual(
      refusal('phone.bad_input', field),
    );
  });

  it('refuses a name that is taken in the account', async () => {
    await addPhone(business, { actor, accountId: first, name: '104', password: 'long enough' });
    await expect(addPhone(business, { actor, accountId: first, name: '104', password: 'long enough' })).rejects.toEqual(
      refusal('phone.name_taken', 'name'),
    );
  });

  it('gives it a number, or adds nothing when the number is another’s', async () => {
    await addPhone(business, {
      actor,
      accountId: first,
      name: '105',
      password: 'long enough',
      number: '+18005550205',
    });
    expect(await listNumbers(business, { accountId: first })).toMatchObject([{ number: '+18005550205', phone: '105' }]);
    await expect(
      addPhone(business, {
        actor,
        accountId: second,
        name: '105',
        password: 'long enough',
        number: '+18005550205',
      }),
    ).rejects.toEqual(refusal('number.taken', 'number'));
    expect(await listPhones(business, { accountId: second })).not.toContainEqual(
      expect.objectContaining({ name: '105' }),
    );
  });
});

describe('registrations', () => {
  it('replace one another, are listed while they live, and go to the engine at its next configuration', async () => {
    const accountId = await business.account('registering');
    const { id } = await addPhone(business, { actor, accountId, name: '101', password: 'long enough' });
    const soon = business.clock.now() + 60_000;
    await recordRegistration(business, { phoneId: id, contacts: [contact(5060, soon), contact(5061, soon)] });
    await recordRegistration(business, { phoneId: id, contacts: [contact(5062, soon), contact(5062, soon + 1)] });
    const listed = await listPhones(business, { accountId });
    expect(listed.map((phone) => phone.registrations.map(({ port }) => port))).toEqual([[5062]]);

    await addPhone(business, { actor, accountId, name: '102', password: 'long enough' });
    expect(configured().find((phone) => phone.id === id)?.contacts).toEqual([contact(5062, soon + 1)]);

    business.clock.advance(60_001);
    expect((await listPhones(business, { accountId }))[0]?.registrations).toEqual([]);
    await recordRegistration(business, { phoneId: id, contacts: [] });
    await recordRegistration(business, { phoneId: 'pho_gone', contacts: [contact(5060, soon)] });
    const rows = await business.db.selectFrom('phone_contacts').selectAll().execute();
    expect(rows).toEqual([]);
  });
});

it('removes a phone: the engine forgets it, its number stays and rings nowhere', async () => {
  const accountId = await business.account('removing');
  const { id } = await addPhone(business, {
    actor,
    accountId,
    name: '101',
    password: 'long enough',
    number: '+18005550301',
  });
  await removePhone(business, { actor, accountId, name: '101' });
  expect(configured().some((phone) => phone.id === id)).toBe(false);
  expect(await listNumbers(business, { accountId })).toMatchObject([{ number: '+18005550301', phone: null }]);
  await expect(removePhone(business, { actor, accountId, name: '101' })).rejects.toEqual(
    refusal('phone.not_found', 'name'),
  );
});

it('writes what was done to the audit log, without the password', async () => {
  const input = { actor: 'someone', accountId: first, name: '401', password: 'long enough' };
  const { id } = await addPhone(business, input);
  await removePhone(business, input);
  const rows = await business.db
    .selectFrom('audit_log')
    .select(['account_id', 'action', 'subject', 'details'])
    .where('actor', '=', 'someone')
    .orderBy('action')
    .execute();
  expect(rows).toEqual([
    { account_id: first, action: 'phone.add', subject: id, details: { name: '401' } },
    { account_id: first, action: 'phone.remove', subject: id, details: { name: '401' } },
  ]);
});

it('lists the phones of one account with their numbers', async () => {
  const accountId = await business.account('listing');
  await addPhone(business, { actor, accountId, name: '102', password: 'long enough' });
  await addPhone(business, { actor, accountId, name: '101', password: 'long enough', number: '+18005550302' });
  await addNumber(business, { actor, accountId, mode: 'live', number: '+18005550303', phone: '101' });
  expect((await listPhones(business, { accountId })).map(({ name, numbers }) => ({ name, numbers }))).toEqual([
    { name: '101', numbers: ['+18005550302', '+18005550303'] },
    { name: '102', numbers: [] },
  ]);
});

it('leaves out a phone whose password was sealed under another key, and says so', async () => {
  const accountId = await business.account('sealed');
  const { id } = await addPhone(business, { actor, accountId, name: '101', password: 'long enough' });
  await business.db
    .updateTable('phones')
    .set({ password_encrypted: Buffer.alloc(40) })
    .where('id', '=', id)
    .execute();
  await addPhone(business, { actor, accountId, name: '102', password: 'long enough' });
  expect(configured().some((phone) => phone.id === id)).toBe(false);
  expect(business.errors.at(-1)).toContain('password of a phone');
});
