/** The closed list of what an operator can limit, per account. `docs/limits.md` is written from it. */
export const LIMITS = {
  outreach_requests_per_minute: {
    default: 600,
    most: 100_000,
    description: 'Requests to the Outreach API in any rolling 60 s, per account and process.',
  },
  verify_requests_per_minute: {
    default: 600,
    most: 100_000,
    description: 'Requests to the Verify API in any rolling 60 s, per key and process.',
  },
  phone_system_requests_per_minute: {
    default: 120,
    most: 100_000,
    description: 'Requests to the Phone system API in any rolling 60 s, per account and process.',
  },
  concurrent_calls: {
    default: 100,
    most: 100_000,
    description: 'Calls of the account that are dialling, ringing or answered at the same time, in all processes.',
  },
  calls_per_second: {
    default: 10,
    most: 10_000,
    description: 'Calls of the account that start to be dialled within a second, in all processes.',
  },
  incoming_calls: {
    default: 20,
    most: 100_000,
    description: 'Calls to numbers of the account that are answered at the same time, in all processes.',
  },
  phone_calls: {
    default: 50,
    most: 100_000,
    description:
      'Calls that phones of the account make at the same time, inside and outside, in all processes; none of them is a call for help.',
  },
  messages_per_minute: {
    default: 600,
    most: 1_000_000,
    description:
      'Parts of texts of the account that are handed to a carrier in any minute of the clock, in all processes.',
  },
  ...days('recordings', 'Recordings of calls'),
  ...days('voicemail', 'Voice messages'),
  ...days('bodies', 'Words of texts, calls, events and recipients of campaigns'),
  ...days('delivery_attempts', 'What receivers of webhooks answered'),
} as const satisfies Record<string, Limit>;

/** How long something is kept (rule 22). */
function days<Kind extends string>(
  kind: Kind,
  what: string,
): Record<`retention_days_${Kind}`, { default: 30; least: 1; most: 3650; description: string }> {
  const limit = { default: 30, least: 1, most: 3650, description: `${what} are deleted after so many days.` } as const;
  return { [`retention_days_${kind}`]: limit } as Record<`retention_days_${Kind}`, typeof limit>;
}

interface Limit {
  default: number;
  /** The smallest value that can be set; absent: 0. */
  least?: number;
  /** The largest value that can be set. */
  most: number;
  description: string;
}

export type LimitName = keyof typeof LIMITS;
export type Limits = Record<LimitName, number>;

export function limitOf(name: LimitName): Limit {
  return LIMITS[name];
}

export const LIMIT_NAMES = Object.keys(LIMITS) as LimitName[];

export function isLimitName(name: string): name is LimitName {
  return Object.hasOwn(LIMITS, name);
}

/** The defaults, overlaid with what was set for an account. */
export function effectiveLimits(stored: Readonly<Record<string, number>>): Limits {
  return Object.fromEntries(LIMIT_NAMES.map((name) => [name, stored[name] ?? LIMITS[name].default])) as Limits;
}
