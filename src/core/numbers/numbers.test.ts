import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addNumber, listNumbers, ownNumbers, ownsNumber, removeNumber } from '#core/numbers/index.js';
import { addPhone } from '#core/phones/index.js';
import { openBusiness, type Business } from '#test/business.js';

let business: Business;
let ours: string;
let theirs: string;
beforeAll(async () => {
  business = await openBusiness();
  ours = await business.account('ours');
  theirs = await business.account('theirs');
});
afterAll(() => business.close());

const actor = 'test';
/** Whose live number it is, and where it rings. */
const ownerOf = (number: string) =>
  business.db
    .selectFrom('numbers')
    .select(['account_id as accountId', 'phone_id as phoneId'])
    .where('number', '=', number)
    .where('mode', '=', 'live')
    .executeTakeFirst();
const refusal = (code: string, field: string): object => expect.objectContaining({ code, field }) as object;

describe('adding', () => {
  it('gives the number to the account, and succeeds again', async () => {
    const input = { actor, accountId: ours, mode: 'live', number: '+1 800 555-0101' } as const;
    const added = await addNumber(business, input);
    expect(added).toMatchObject({ number: '+18005550101', accountId: ours, mode: 'live', phone: null });
    expect(await addNumber(business, input)).toEqual(added);
    expect(await ownerOf('+18005550101')).toEqual({ accountId: ours, phoneId: null });
  });

  it('refuses what is not E.164', async () => {
    await expect(addNumber(business, { actor, accountId: ours, mode: 'live', number: '8005550101' })).rejects.toEqual(
      refusal('number.bad_format', 'number'),
    );
  });

  it('refuses a live number of another account, and takes it in test mode', async () => {
    await addNumber(business, { actor, accountId: theirs, mode: 'live', number: '+18005550102' });
    await expect(addNumber(business, { actor, accountId: ours, mode: 'live', number: '+18005550102' })).rejects.toEqual(
      refusal('number.taken', 'number'),
    );
    await addNumber(business, { actor, accountId: theirs, mode: 'test', number: '+18005550103' });
    await addNumber(business, { actor, accountId: ours, mode: 'test', number: '+18005550103' });
    expect(await ownsNumber(business, { accountId: ours, mode: 'test', number: '+18005550103' })).toBe(true);
    expect(await ownsNumber(business, { accountId: ours, mode: 'live', number: '+18005550103' })).toBe(false);
    expect(await ownerOf('+18005550103')).toBeUndefined();
  });

  it('lets it ring on a phone of the account, and keeps the phone when added again without', async () => {
    const phone = await addPhone(business, { actor, accountId: ours, name: '201', password: 'long enough' });
    const input = { actor, accountId: ours, mode: 'live', number: '+18005550104' } as const;
    await addNumber(business, { ...input, phone: '201' });
    expect((await addNumber(business, input)).phone).toBe('201');
    expect(await ownerOf('+18005550104')).toEqual({ accountId: ours, phoneId: phone.id });
  });

  it('refuses a phone that is not the account’s, and adds nothing then', async () => {
    await addPhone(business, { actor, accountId: theirs, name: '301', password: 'long enough' });
    const input = { actor, accountId: ours, mode: 'live', number: '+18005550105', phone: '301' } as const;
    await expect(addNumber(business, input)).rejects.toEqual(refusal('phone.not_found', 'phone'));
    await expect(addNumber(business, { ...input, mode: 'test' })).rejects.toEqual(refusal('phone.not_found', 'phone'));
    expect(await ownerOf('+18005550105')).toBeUndefined();
  });
});

describe('what only texts come from', () => {
  it.each([
    ['short_code', '12345', '12345'],
    ['short_code', ' 123 ', '123'],
    ['alphanumeric', 'Acme 24', 'Acme 24'],
    ['alphanumeric', 'A', 'A'],
  ] as const)('%s %j', async (kind, number, stored) => {
    const input = { actor, accountId: ours, mode: 'live', number, kind } as const;
    expect(await addNumber(business, input)).toMatchObject({ number: stored, kind, segmentsPerSecond: 1 });
    expect(await addNumber(business, { ...input, segmentsPerSecond: 30 })).toMatchObject({ segmentsPerSecond: 30 });
    expect(await addNumber(business, input)).toMatchObject({ segmentsPerSecond: 30 });
    expect(await ownNumbers(business.db, { accountId: ours, mode: 'live' })).not.toContain(stored);
    expect(await listNumbers(business, { accountId: ours, kind })).toMatchObject([{ number: stored }]);
    await removeNumber(business, input);
  });

  it.each([
    ['short_code', '12'],
    ['short_code', '123456789'],
    ['short_code', '+18005550199'],
    ['alphanumeric', '12345'],
    ['alphanumeric', 'Twelve chars'],
    ['alphanumeric', 'Ämter'],
    ['alphanumeric', ''],
    ['e164', 'ACME'],
    ['e164', '12345'],
  ] as const)('%s does not take %j', async (kind, number) => {
    await expect(addNumber(business, { actor, accountId: ours, mode: 'live', number, kind })).rejects.toEqual(
      refusal('number.bad_format', 'number'),
    );
  });

  it('rings on no phone, and has a pace within bounds', async () => {
    const input = { actor, accountId: ours, mode: 'live', number: '12345', kind: 'short_code' } as const;
    await expect(addNumber(business, { ...input, phone: '201' })).rejects.toEqual(
      refusal('number.bad_format', 'phone'),
    );
    for (const segmentsPerSecond of [0, -1, 1001, NaN]) {
      await expect(addNumber(business, { ...input, segmentsPerSecond })).rejects.toEqual(
        refusal('number.bad_format', 'segmentsPerSecond'),
      );
    }
  });
});

it('writes what was done to the audit log', async () => {
  const input = { actor: 'someone', accountId: ours, mode: 'live', number: '+18005550131' } as const;
  await addNumber(business, input);
  await removeNumber(business, input);
  const rows = await business.db
    .selectFrom('audit_log')
    .select(['account_id', 'action', 'subject'])
    .where('actor', '=', 'someone')
    .orderBy('action')
    .execute();
  expect(rows).toEqual([
    { account_id: ours, action: 'number.add', subject: '+18005550131' },
    { account_id: ours, action: 'number.remove', subject: '+18005550131' },
  ]);
});

it('lists the numbers of one account, of one mode when asked', async () => {
  const accountId = await business.account('lister');
  await addNumber(business, { actor, accountId, mode: 'test', number: '+18005550112' });
  await addNumber(business, { actor, accountId, mode: 'live', number: '+18005550111' });
  expect((await listNumbers(business, { accountId })).map(({ number }) => number)).toEqual([
    '+18005550111',
    '+18005550112',
  ]);
  expect((await listNumbers(business, { accountId, mode: 'test' })).map(({ number }) => number)).toEqual([
    '+18005550112',
  ]);
});

it('removes a number of the account and of no other', async () => {
  await addNumber(business, { actor, accountId: theirs, mode: 'live', number: '+18005550121' });
  await expect(
    removeNumber(business, { actor, accountId: ours, mode: 'live', number: '+18005550121' }),
  ).rejects.toEqual(refusal('number.not_found', 'number'));
  await removeNumber(business, { actor, accountId: theirs, mode: 'live', number: '+1 800 555 0121' });
  expect(await ownerOf('+18005550121')).toBeUndefined();
});
