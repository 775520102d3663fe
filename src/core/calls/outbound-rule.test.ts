import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { destinationAllowed } from '#core/calls/outbound-rule.js';
import { openBusiness, type Business } from '#test/business.js';

describe('the outbound rule', () => {
  let business: Business;
  let account: string;
  let other: string;

  beforeAll(async () => {
    business = await openBusiness();
    [account, other] = [await business.account('ours'), await business.account('theirs')];
    const at = new Date(business.clock.now());
    for (const [account_id, mode, number] of [
      [account, 'live', '+12125550100'],
      [account, 'live', '+353123456789'],
      [account, 'test', '+4930555010'],
      [other, 'live', '+420123456789'],
    ] as const) {
      await business.db
        .insertInto('numbers')
        .values({ account_id, mode, number, created_at: at, phone_id: null })
        .execute();
    }
  });
  afterAll(() => business.close());

  test.each([
    ['a number of a country of ours', 'live', '+14155550100', true],
    ['another one', 'live', '+353987654321', true],
    ['a country whose code begins like one of ours', 'live', '+354555010', false],
    ['a country that only our test numbers are of', 'live', '+4930555011', false],
    ['that country with a test key', 'test', '+4930555011', true],
    ['a number of this installation, wherever it is', 'live', '+420123456789', true],
    ['its neighbour', 'live', '+420123456788', false],
    ['a premium range of a country of ours', 'live', '+19005550100', false],
    ['a number that is our own', 'live', '+12125550100', true],
  ] as const)('%s', async (_what, mode, to, allowed) => {
    expect(await destinationAllowed(business.db, { accountId: account, mode, to })).toBe(allowed);
  });
});
