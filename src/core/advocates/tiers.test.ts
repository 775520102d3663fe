import { expect, test } from 'vitest';
import { tiersOf } from '#core/advocates/index.js';
import type { IncentiveCriteria, ReferralCampaign } from '#core/referral-campaigns/index.js';

function tiers(approved: number, ...all: IncentiveCriteria[]) {
  const incentives = all.map((criteria, index) => ({
    ...{
      identifier: `i${index}`,
      reason: 'referrer' as const,
      kind: 'other' as const,
      description: `D${index}`,
      criteria,
    },
  }));
  return tiersOf({ settings: { incentives } } as unknown as ReferralCampaign, approved);
}

test.each<[string, number, IncentiveCriteria, object[]]>([
  ['none where referrals are not counted', 3, { newCustomer: true }, []],
  ['once', 1, { referralsMin: 3 }, [{ friends: 3, missing: 2, repeats: false }]],
  ['once, reached', 4, { referralsMin: 3 }, [{ friends: 3, missing: 0, repeats: false }]],
  ['every third', 0, { referralsDivisibleBy: 3 }, [{ friends: 3, missing: 3, repeats: true }]],
  ['every third, after the first', 3, { referralsDivisibleBy: 3 }, [{ friends: 6, missing: 3, repeats: true }]],
  ['every third from the seventh', 1, { referralsDivisibleBy: 3, referralsMin: 7 }, [{ friends: 9, missing: 8 }]],
  ['every third, and then no more', 6, { referralsDivisibleBy: 3, referralsMax: 8 }, [{ friends: 6, missing: 0 }]],
  ['never: nothing between divides', 0, { referralsDivisibleBy: 5, referralsMin: 2, referralsMax: 4 }, []],
])('%s', (_what, approved, criteria, expected) => {
  expect(tiers(approved, criteria)).toMatchObject(expected);
});

test('the nearest first', () => {
  const all = tiers(0, { referralsMin: 5 }, { referralsMin: 2 }, { referralsDivisibleBy: 3 });
  expect(all.map(({ description }) => description)).toEqual(['D1', 'D2', 'D0']);
});
