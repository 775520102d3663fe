import type { Transaction } from 'kysely';
import { isE164 } from '#core/address.js';
import type { Db } from '#core/core.js';
import type { Tables } from '#core/tables.js';

/** How an account's codes are made, spoken and limited. */
export interface VerificationPolicy extends DestinationCaps {
  codeLength: number;
  expirySeconds: number;
  attempts: number;
  callTimeoutSeconds: number;
  readings: number;
  onMachine: 'fail' | 'press_1';
  /** Undefined: the account's oldest number. */
  from: string | undefined;
  /** Empty: what the outbound rule allows; else only what begins with one of these. */
  allowedPrefixes: readonly string[];
  /** Above this share of unused codes a country gets no more; 1: never. */
  maxUnverifiedRatio: number;
  minSamples: number;
  /** Minor units of the account's currency in any 24 hours; undefined: no cap. */
  spendPerDay: number | undefined;
}

/** How often one number may be called with a code. */
export interface DestinationCaps {
  cooldownSeconds: number;
  perHour: number;
  perDay: number;
}

export type Value = number | string | readonly string[] | null;

interface Setting {
  default: Value;
  /** Of the ceiling over all accounts; absent: the ceiling has no such setting. */
  ceiling?: Value;
  description: string;
  /** The value behind a text of the command line, or the sentence that says what is wrong with it. */
  read(text: string): { value: Value } | { problem: string };
}

const whole = (least: number, most: number) => (text: string) => {
  const value = Number(text);
  return /^\d+$/.test(text) && value >= least && value <= most
    ? { value }
    : { problem: `a whole number from ${least} to ${most}` };
};

/** The closed list of settings; `docs/codes.md` is written from it. */
export const POLICY_SETTINGS = {
  code_length: {
    default: 6,
    description: 'Digits of a code; a request may ask for fewer, not for more.',
    read: whole(4, 10),
  },
  expiry_seconds: {
    default: 300,
    description: 'How long a code is good for, from the request on.',
    read: whole(60, 3600),
  },
  attempts: { default: 3, description: 'Wrong codes until a verification is locked.', read: whole(1, 10) },
  call_timeout_seconds: { default: 45, description: 'How long the phone rings.', read: whole(5, 120) },
  readings: { default: 2, description: 'How often the code is read.', read: whole(1, 5) },
  on_machine: {
    default: 'fail',
    description: 'Where no person is heard: `fail`, or `press_1`, which asks for the key 1 first.',
    read: (text) =>
      text === 'fail' || text === 'press_1' ? { value: text } : { problem: 'either "fail" or "press_1"' },
  },
  from: {
    default: null,
    description: 'The number that calls; by default the oldest one of the account.',
    read: (text) => (isE164(text) ? { value: text } : { problem: 'a number such as +12125550100' }),
  },
  allowed_prefixes: {
    default: [],
    description: 'Codes go only to numbers that begin so, as in `+44,+3531`; by default wherever the account may call.',
    read: (text) => {
      const prefixes = text.split(',').map((prefix) => prefix.trim());
      const good = prefixes.length <= 100 && prefixes.every((prefix) => /^\+[1-9][0-9]{0,14}$/.test(prefix));
      return good ? { value: prefixes } : { problem: 'up to 100 prefixes such as +44,+3531' };
    },
  },
  cooldown_seconds: {
    default: 60,
    ceiling: 10,
    description: 'Between two codes for one number.',
    read: whole(0, 86_400),
  },
  per_hour: { default: 5, ceiling: 20, description: 'Codes for one number in any hour.', read: whole(1, 10_000) },
  per_day: { default: 20, ceiling: 60, description: 'Codes for one number in any 24 hours.', read: whole(1, 10_000) },
  max_unverified_ratio: {
    default: 0.8,
    description:
      'Where more than this share of the codes for a country goes unused within 24 hours, it gets no more; 1 is never.',
    read: (text) => {
      const value = Number(text);
      return /^[01](\.\d+)?$/.test(text) && value <= 1 ? { value } : { problem: 'a number from 0 to 1' };
    },
  },
  min_samples: {
    default: 50,
    description: 'Codes that a country had before that share is looked at.',
    read: whole(50, 100_000),
  },
  spend_per_day: {
    default: null,
    description: 'What codes may cost in any 24 hours, in minor units of the currency; by default as much as it takes.',
    read: whole(0, 1_000_000_000),
  },
} as const satisfies Record<string, Setting>;

export type SettingName = keyof typeof POLICY_SETTINGS;
export const SETTING_NAMES = Object.keys(POLICY_SETTINGS) as SettingName[];

type Stored = Partial<Record<SettingName, Value>>;

export function settingOf(name: SettingName): Setting {
  return POLICY_SETTINGS[name];
}

/** What the settings come to: those that were set over the defaults. */
export function effectiveSettings(stored: Stored, scope: 'account' | 'ceiling'): Record<string, Value> {
  const entries = SETTING_NAMES.flatMap((name) => {
    const { default: ofAccount, ceiling } = settingOf(name);
    const otherwise = scope === 'account' ? ofAccount : ceiling;
    return otherwise === undefined ? [] : [[name, stored[name] ?? otherwise] as const];
  });
  return Object.fromEntries(entries);
}

/** The policy of an account, and the ceiling for a destination over all accounts. */
export async function readPolicy(
  db: Db | Transaction<Tables>,
  accountId: string,
): Promise<{ policy: VerificationPolicy; ceiling: DestinationCaps }> {
  const rows = await db
    .selectFrom('verification_policies')
    .select(['account_id', 'settings'])
    .where((where) => where.or([where('account_id', '=', accountId), where('account_id', 'is', null)]))
    .execute();
  const stored = (ofAccount: boolean): Stored =>
    rows.find((row) => (row.account_id === null) !== ofAccount)?.settings ?? {};
  const own = effectiveSettings(stored(true), 'account');
  return {
    policy: {
      ...capsOf(own),
      codeLength: own['code_length'] as number,
      expirySeconds: own['expiry_seconds'] as number,
      attempts: own['attempts'] as number,
      callTimeoutSeconds: own['call_timeout_seconds'] as number,
      readings: own['readings'] as number,
      onMachine: own['on_machine'] as VerificationPolicy['onMachine'],
      from: (own['from'] as string | null) ?? undefined,
      allowedPrefixes: own['allowed_prefixes'] as string[],
      maxUnverifiedRatio: own['max_unverified_ratio'] as number,
      minSamples: own['min_samples'] as number,
      spendPerDay: (own['spend_per_day'] as number | null) ?? undefined,
    },
    ceiling: capsOf(effectiveSettings(stored(false), 'ceiling')),
  };
}

function capsOf(settings: Record<string, Value>): DestinationCaps {
  return {
    cooldownSeconds: settings['cooldown_seconds'] as number,
    perHour: settings['per_hour'] as number,
    perDay: settings['per_day'] as number,
  };
}
