import { expect, test } from 'vitest';
import { tiersOf } from '#core/advocates/index.js';
import type { IncentiveCriteria, ReferralCampaign } from '#core/referral-campaigns/index.js';

function tiers(approved: number, given: number, ...all: IncentiveCriteria[]) {
  const incentives = all.map((criteria, index) => ({
    ...{ identifier: `i${index}`, reason: 'referrer' as const, kind: 'other' as const },
    ...{ description: `D${index}`, criteria },
  }));
  const standing = new Map(incentives.map(({ identifier }) => [identifier, given]));
  return tiersOf({ settings: { incentives } } as unknown as ReferralCampaign, approved, standing);
}

test.each<[string, { approved: number; given: number }, IncentiveCriteria, object[]]>([
  ['none where referrals are not counted', { approved: 3, given: 0 }, { newCustomer: true }, []],
  [
    'from the second on, each',
    { approved: 0, given: 0 },
    { referralsMin: 2 },
    [{ purchases: 2, missing: 2, repeats: true }],
  ],
  [
    'from the second on, each, after the third',
    { approved: 3, given: 2 },
    { referralsMin: 2 },
    [{ purchases: 4, missing: 1, repeats: true }],
  ],
  [
    'once',
    { approved: 1, given: 0 },
    { referralsMin: 3, referralsMax: 3 },
    [{ purchases: 3, missing: 2, repeats: false }],
  ],
  [
    'once, reached',
    { approved: 4, given: 1 },
    { referralsMin: 3, referralsMax: 3 },
    [{ purchases: 3, missing: 0, repeats: false }],
  ],
  ['up to the second', { approved: 0, given: 0 }, { referralsMax: 2 }, [{ purchases: 1, missing: 1, repeats: true }]],
  [
    'every third',
    { approved: 0, given: 0 },
    { referralsDivisibleBy: 3 },
    [{ purchases: 3, missing: 3, repeats: true }],
  ],
  [
    'every third, after the first',
    { approved: 3, given: 1 },
    { referralsDivisibleBy: 3 },
    [{ purchases: 6, missing: 3 }],
  ],
  [
    'every third, where the first was refunded and its reward used',
    { approved: 2, given: 1 },
    { referralsDivisibleBy: 3 },
    [{ purchases: 6, missing: 4 }],
  ],
  [
    'every third from the seventh',
    { approved: 1, given: 0 },
    { referralsDivisibleBy: 3, referralsMin: 7 },
    [{ purchases: 9, missing: 8 }],
  ],
  [
    'every third, and then no more',
    { approved: 6, given: 2 },
    { referralsDivisibleBy: 3, referralsMax: 8 },
    [{ purchases: 6, missing: 0, repeats: false }],
  ],
  [
    'never: nothing between divides',
    { approved: 0, given: 0 },
    { referralsDivisibleBy: 5, referralsMin: 2, referralsMax: 4 },
    [],
  ],
])('%s', (_what, { approved, given }, criteria, expected) => {
  expect(tiers(approved, given, criteria)).toMatchObject(expected);
});

test('the nearest first', () => {
  const all = tiers(0, 0, { referralsMin: 5 }, { referralsMin: 2 }, { referralsDivisibleBy: 3 });
  expect(all.map(({ description }) => description)).toEqual(['D1', 'D2', 'D0']);
});
