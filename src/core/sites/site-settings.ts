import { CoreError } from '#core/errors.js';
import { snakeCase } from '#core/snake-case.js';

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
  /** Nothing but an address that somebody typed at a link leads to the advocate. */
  'unconfirmed_claim',
] as const;
export type FraudCheck = (typeof FRAUD_CHECKS)[number];

/** `skip`: it is not looked at. */
export const FRAUD_OUTCOMES = ['block', 'flag', 'pass', 'skip'] as const;
export type FraudOutcome = (typeof FRAUD_OUTCOMES)[number];
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
    unconfirmed_claim: 'flag',
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

/** What is given of them. */
export type SiteSettingsChange = Partial<Omit<SiteSettings, 'fraud'>> & { fraud?: Partial<FraudPolicies> };

/** From the least to the most. */
export const SETTING_BOUNDS = {
  cookieDays: [1, 365],
  shareEmailsPerDay: [0, 10_000],
  shareEmailsAtOnce: [1, 100],
  reminderDays: [0, 30],
  leastUsedMsPerMinute: [SITE_DEFAULTS.leastUsedMsPerMinute, 6_000_000],
} as const;
export const LONGEST_POSTAL_ADDRESS = 300;

/** @throws CoreError `site.bad_input` */
export function checkSiteSettings(settings: SiteSettingsChange): void {
  for (const [name, [least, most]] of Object.entries(SETTING_BOUNDS) as [
    keyof typeof SETTING_BOUNDS,
    readonly [number, number],
  ][]) {
    const value = settings[name];
    if (value === undefined || (Number.isSafeInteger(value) && value >= least && value <= most)) continue;
    throw bad(name, `is a whole number from ${least} to ${most}`);
  }
  const { postalAddress = '', fraud = {} } = settings;
  if (postalAddress.length > LONGEST_POSTAL_ADDRESS || postalAddress.includes('\0')) {
    throw bad('postalAddress', `has at most ${LONGEST_POSTAL_ADDRESS} characters`);
  }
  for (const [check, outcome] of Object.entries(fraud)) {
    if (!FRAUD_CHECKS.includes(check as FraudCheck))
      throw bad('fraud', `has "${check}", which is no check that there is`);
    if (!FRAUD_OUTCOMES.includes(outcome)) throw bad('fraud', `knows ${FRAUD_OUTCOMES.join(', ')}`);
  }
}

/** The sentence spells a setting as documents do. */
function bad(name: keyof SiteSettings, what: string): CoreError {
  return new CoreError('site.bad_input', `\`${snakeCase(name)}\` ${what}.`, { field: name });
}
