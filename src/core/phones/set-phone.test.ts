import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addNumber } from '#core/numbers/index.js';
import { addPhone, listPhones, setPhone } from '#core/phones/index.js';
import { openBusiness, type Business } from '#test/business.js';

describe('what is set on a phone', () => {
  let business: Business;
  let accountId: string;
  const actor = 'test';
  beforeAll(async () => {
    business = await openBusiness();
    accountId = await business.account('first');
    await addPhone(business, { accountId, name: '101', actor });
    await addPhone(business, { accountId, name: 'lobby', actor });
    await addNumber(business, { accountId, mode: 'live', number: '+12125550100', actor });
    await addNumber(business, { accountId, mode: 'test', number: '+12125550101', actor });
  });
  afterAll(() => business.close());

  const USUAL = {
    doNotDisturb: false,
    callWaiting: true,
    hideCallerId: false,
    forwardTo: null,
    callerId: null,
    location: null,
  };

  test('changes by what is given, is listed, and is in the audit log', async () => {
    const given = { doNotDisturb: true, callerId: '+12125550100', location: '1 Main Street' };
    expect(await setPhone(business, { accountId, name: '101', actor, ...given })).toEqual({ ...USUAL, ...given });
    const more = await setPhone(business, { accountId, name: '101', actor, doNotDisturb: false, forwardTo: '201' });
    expect(more).toEqual({ ...USUAL, ...given, doNotDisturb: false, forwardTo: '201' });
    const [listed] = await listPhones(business, { accountId });
    expect(listed?.settings).toEqual(more);
    const back = { callerId: null, location: null, forwardTo: null };
    expect(await setPhone(business, { accountId, name: '101', actor, ...back })).toEqual(USUAL);
    const rows = await business.db
      .selectFrom('audit_log')
      .select('details')
      .where('action', '=', 'phone.set')
      .execute();
    // What was changed, not to what: the log outlives people.
    expect(rows.map(({ details }) => details)).toContainEqual({
      name: '101',
      changed: ['doNotDisturb', 'callerId', 'location'],
    });
  });

  test.each([
    [{ callerId: '+12125550999' }, 'callerId'],
    [{ callerId: '+12125550101' }, 'callerId'],
    [{ forwardTo: '101' }, 'forwardTo'],
    [{ forwardTo: '112' }, 'forwardTo'],
    [{ forwardTo: 'nobody' }, 'forwardTo'],
    [{ location: ' ' }, 'location'],
    [{ location: 'x'.repeat(301) }, 'location'],
  ])('cannot be %j', async (given, field) => {
    await expect(setPhone(business, { accountId, name: '101', actor, ...given })).rejects.toEqual(
      expect.objectContaining({ code: 'phone.bad_input', field }),
    );
  });

  test('may be the name of another phone to forward to', async () => {
    expect(await setPhone(business, { accountId, name: '101', actor, forwardTo: 'lobby' })).toMatchObject({
      forwardTo: 'lobby',
    });
  });

  test('is of one account’s phones alone', async () => {
    const other = await business.account('second');
    await expect(setPhone(business, { accountId: other, name: '101', actor, doNotDisturb: true })).rejects.toEqual(
      expect.objectContaining({ code: 'phone.not_found' }),
    );
  });

  test('cannot belong to a phone with the name of a number for help', async () => {
    for (const name of ['911', '112', '9911', '701']) {
      await expect(addPhone(business, { accountId, name, actor })).rejects.toEqual(
        expect.objectContaining({ code: 'phone.bad_input', field: 'name' }),
      );
    }
  });
});
