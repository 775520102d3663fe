/** The people of a campaign: what became of each try, and whether there is another. */
export { postponeTry, recordTry, type PostponedTry, type Try } from '#core/recipients/record-try.js';
export {
  NO_RETRY,
  outcomesOf,
  RETRIED_OUTCOMES,
  RETRY_LIMITS,
  SKIP_OUTCOMES,
  TRY_OUTCOMES,
  type RetriedOutcome,
  type RetryPolicy,
  type SkipOutcome,
  type TryOutcome,
} from '#core/recipients/retry-policy.js';
