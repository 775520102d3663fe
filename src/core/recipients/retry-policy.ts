/** What became of one try to reach somebody, by voice or text. */
export const TRY_OUTCOMES = [
  'answered',
  'voicemail',
  'no_answer',
  'busy',
  'rejected',
  'failed',
  'canceled',
  'opted_out',
  'sent',
  'delivered',
  'undelivered',
  'unknown',
  'suppressed',
] as const;
export type TryOutcome = (typeof TRY_OUTCOMES)[number];

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
