const YEAR_SECONDS = 366 * 86_400;

/** The most that there is of anything in a campaign; of texts, characters. */
export const CAMPAIGN_LIMITS = {
  name: 100,
  tags: 20,
  tag: 50,
  categories: 20,
  /** Seconds. */
  age: 10 * YEAR_SECONDS,
  delay: YEAR_SECONDS,
  days: 3650,
  hours: 3650 * 24,
  properties: 20,
  propertyName: 100,
  property: 500,
  incentives: 20,
  identifier: 50,
  description: 500,
  referrals: 1_000_000,
  actions: 50,
  batches: 50,
  points: 1_000_000_000,
  pointsPerUnit: 10_000,
  texts: {
    headline: 200,
    description: 2000,
    friendHeadline: 200,
    friendDescription: 2000,
    shareSubject: 200,
    shareMessage: 2000,
  },
} as const;
