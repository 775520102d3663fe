/** What can look like fraud, and is looked at for every referral. */
export const FRAUD_CHECKS = [
  /** Advocate and friend are one person: the same address, or the same mailbox behind it. */
  'self_referral',
  /** The friend's browser is one that the advocate was known by. */
  'cookie',
  /** The addresses differ in little. */
  'similar_email',
  'shipping_address',
  'ip_and_user_agent',
  'ip',
  'phone',
  /** The friend has recommended the advocate before. */
  'mutual',
] as const;
export type FraudCheck = (typeof FRAUD_CHECKS)[number];

/** `skip`: it is not looked at. */
export type FraudOutcome = 'block' | 'flag' | 'pass' | 'skip';
export type FraudPolicies = Record<FraudCheck, FraudOutcome>;

/** What a check found of one referral: `evidence` says what was compared. */
export interface FraudFinding {
  check: FraudCheck;
  outcome: FraudOutcome;
  /** Whether it looks like fraud. */
  matched: boolean;
  evidence: string | null;
}

/** What a site can set; each has a default. */
export interface SiteSettings {
  /** Of campaigns that say nothing else. */
  fraud: FraudPolicies;
  /** How long after a click a purchase in the same browser counts. */
  cookieDays: number;
  /** Letters of shares: of one advocate in any 24 h, and in one request. */
  shareEmailsPerDay: number;
  shareEmailsAtOnce: number;
  /** When a friend who got a letter and did nothing is reminded; 0: never. */
  reminderDays: number;
  /** Whether letters carry words of the advocate's own beside those of the campaign. */
  shareOwnWords: boolean;
  /** At the foot of every letter. */
  postalAddress: string;
  /** What the site may use before it is throttled, whatever is normal for it; milliseconds of the server in a minute. */
  leastUsedMsPerMinute: number;
}

export const SITE_DEFAULTS: SiteSettings = {
  fraud: {
    self_referral: 'block',
    cookie: 'block',
    similar_email: 'flag',
    shipping_address: 'flag',
    ip_and_user_agent: 'flag',
    // Whole companies and mobile networks show one address.
    ip: 'pass',
    phone: 'block',
    mutual: 'flag',
  },
  cookieDays: 30,
  shareEmailsPerDay: 50,
  shareEmailsAtOnce: 20,
  reminderDays: 3,
  shareOwnWords: false,
  postalAddress: '',
  // 5 % of a core.
  leastUsedMsPerMinute: 3000,
};
