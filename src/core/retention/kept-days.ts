import { effectiveLimits, type LimitName } from '#core/accounts/index.js';
import type { Db } from '#core/core.js';

/** What an operator sets the days of, account by account. */
const SETTABLE = {
  recordings: 'retention_days_recordings',
  voicemail: 'retention_days_voicemail',
  bodies: 'retention_days_bodies',
  deliveryAttempts: 'retention_days_delivery_attempts',
} as const satisfies Record<string, LimitName>;

/** What is older goes. */
export interface Cutoffs extends Record<keyof typeof SETTABLE, Date> {
  accountId: string;
}

/** What is purged of one account. */
export interface Aged {
  accountId: string;
  before: Date;
}

const DAY_MS = 86_400_000;

export function daysBefore(now: number, days: number): Date {
  return new Date(now - days * DAY_MS);
}

/** Of every account. */
export async function readCutoffs(db: Db, now: number): Promise<Cutoffs[]> {
  const accounts = await db.selectFrom('accounts').select(['id', 'limits']).orderBy('id').execute();
  return accounts.map(({ id, limits }) => {
    const days = effectiveLimits(limits);
    const dates = Object.entries(SETTABLE).map(([kind, name]) => [kind, daysBefore(now, days[name])] as const);
    return { accountId: id, ...(Object.fromEntries(dates) as Record<keyof typeof SETTABLE, Date>) };
  });
}
