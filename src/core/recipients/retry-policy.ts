/** What became of one try to reach somebody, and whether that is said of calls, of texts, or of both. */
const OUTCOMES = {
  answered: 'voice',
  voicemail: 'voice',
  no_answer: 'voice',
  busy: 'voice',
  rejected: 'voice',
  opted_out: 'voice',
  sent: 'sms',
  delivered: 'sms',
  undelivered: 'sms',
  unknown: 'sms',
  failed: 'both',
  canceled: 'both',
  suppressed: 'both',
} as const;
export type TryOutcome = keyof typeof OUTCOMES;
export const TRY_OUTCOMES = Object.keys(OUTCOMES) as TryOutcome[];

/** What may become of a call, or of a text. */
export function outcomesOf(channel: 'voice' | 'sms'): TryOutcome[] {
  return TRY_OUTCOMES.filter((outcome) => OUTCOMES[outcome] === channel || OUTCOMES[outcome] === 'both');
}

/** Why somebody was never tried. */
export const SKIP_OUTCOMES = [
  'suppressed',
  'expired',
  'canceled',
  'invalid',
  'not_allowed',
  'no_consent',
  'no_hours',
  'attempts_capped',
  'erased',
] as const;
export type SkipOutcome = (typeof SKIP_OUTCOMES)[number];

/** After these somebody may be tried again. A text of unknown fate may have arrived, and so is never one of them (rule 18). */
export const RETRIED_OUTCOMES = ['no_answer', 'busy', 'rejected', 'failed', 'voicemail', 'undelivered'] as const;
export type RetriedOutcome = (typeof RETRIED_OUTCOMES)[number];

/** As stored with a campaign. */
export interface RetryPolicy {
  /** Of one recipient, the first included. */
  attempts: number;
  on: readonly RetriedOutcome[];
  /** Minutes from the end of a try to the next. */
  delayMinutes: number;
  /** Where it differs by outcome. */
  delays: Partial<Record<RetriedOutcome, number>>;
}

export const RETRY_LIMITS = { attempts: 10, delayMinutes: { least: 1, most: 7 * 24 * 60 } } as const;

export const NO_RETRY: RetryPolicy = { attempts: 1, on: [], delayMinutes: 30, delays: {} };

/** Minutes until the next try; undefined: that was the last. `tries`: those made, this one included. */
export function retryDelay(policy: RetryPolicy, outcome: TryOutcome, tries: number): number | undefined {
  const again = policy.on.find((each) => each === outcome);
  if (again === undefined || tries >= policy.attempts) return undefined;
  return policy.delays[again] ?? policy.delayMinutes;
}
