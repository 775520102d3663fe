import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { emergencyWays, whyNoHelp } from '#core/emergency/index.js';
import { addNumber } from '#core/numbers/index.js';
import { addPhone, setPhone } from '#core/phones/index.js';
import { addTrunk, removeTrunk } from '#core/trunks/index.js';
import { openBusiness, type Business } from '#test/business.js';

describe('the ways to help', () => {
  const way = (id: string, more: Partial<Parameters<typeof emergencyWays>[0][number]> = {}) => ({
    ...{ id, accountId: null, prefixes: [], priority: 100, well: true },
    ...more,
  });
  const order = (ways: ReturnType<typeof way>[]): string[] =>
    emergencyWays(ways, { accountId: 'ours', number: '112', shown: '+493055501' }).map(({ id }) => id);

  test('are those told to be for it, then those for everything, then those for the country', () => {
    expect(
      order([
        way('country', { prefixes: ['+49'] }),
        way('all'),
        way('told', { prefixes: ['+1', '112'] }),
        way('elsewhere', { prefixes: ['+44'] }),
        way('theirs', { accountId: 'theirs' }),
      ]),
    ).toEqual(['told', 'all', 'country']);
  });

  test('are the account’s own first, then by priority; those in trouble last', () => {
    expect(
      order([
        way('down', { well: false, prefixes: ['112'] }),
        way('shared', { priority: 1 }),
        way('own second', { accountId: 'ours', priority: 200 }),
        way('own first', { accountId: 'ours' }),
      ]),
    ).toEqual(['own first', 'own second', 'shared', 'down']);
  });
});

describe('what phones lack for a call for help', () => {
  let business: Business;
  let accountId: string;
  beforeAll(async () => {
    business = await openBusiness();
    accountId = await business.account('first');
  });
  afterAll(() => business.close());
  const actor = 'test';

  test('is told until there is a number, a trunk and a location', async () => {
    expect(await whyNoHelp(business, { accountId })).toEqual([]);
    const { warnings } = await addPhone(business, { accountId, name: '101', actor });
    expect(warnings).toEqual([expect.stringMatching(/^It cannot call emergency numbers as it should.*101 --location/)]);
    expect(await whyNoHelp(business, { accountId })).toHaveLength(3);
    await addNumber(business, { accountId, mode: 'live', number: '+15005550100', actor });
    // Nobody can call back the number of the sandbox.
    expect(await whyNoHelp(business, { accountId })).toHaveLength(3);
    await addNumber(business, { accountId, mode: 'live', number: '+493055501', actor });
    expect(await whyNoHelp(business, { accountId })).toHaveLength(2);
    const trunk = { uri: 'sip:127.0.0.1:5070', sipHost: '127.0.0.1', actor };
    await addTrunk(business, { ...trunk, name: 'british', prefixes: ['+44'] });
    expect(await whyNoHelp(business, { accountId })).toHaveLength(2);
    await addTrunk(business, { ...trunk, name: 'all' });
    expect(await whyNoHelp(business, { accountId })).toEqual([expect.stringContaining('101')]);
    await setPhone(business, { accountId, name: '101', location: '1 Main Street, Springfield, floor 2', actor });
    expect(await whyNoHelp(business, { accountId })).toEqual([]);
    expect((await addPhone(business, { accountId, name: '102', location: 'Lobby', actor })).warnings).toEqual([]);
    await removeTrunk(business, { name: 'all', actor });
    expect(await whyNoHelp(business, { accountId })).toHaveLength(1);
  });

  test('is told by number and phone: a trunk for one of them leads to no other', async () => {
    const second = await business.account('second');
    const of = { accountId: second, actor };
    for (const number of ['+12125550111', '+33155550111']) await addNumber(business, { ...of, mode: 'live', number });
    for (const name of ['101', '102']) await addPhone(business, { ...of, name, location: 'Lobby' });
    const trunk = { uri: 'sip:127.0.0.1:5070', sipHost: '127.0.0.1', accountId: second, actor };
    await addTrunk(business, { ...trunk, name: 'help', prefixes: ['911', '112'] });
    const services = '15, 17, 18, 114, 115, 119, 191, 196';
    const lacks = (phones: string) =>
      expect.stringContaining(`No trunk leads from ${phones} to ${services}:`) as string;
    expect(await whyNoHelp(business, { accountId: second })).toEqual([lacks('101, 102')]);
    // One for France takes calls that show a French number.
    await addTrunk(business, { ...trunk, name: 'french', prefixes: ['+33'] });
    await setPhone(business, { ...of, name: '102', callerId: '+33155550111' });
    expect(await whyNoHelp(business, { accountId: second })).toEqual([lacks('101')]);
    expect(await whyNoHelp(business, { accountId: second, phone: '102' })).toEqual([]);
  });
});
