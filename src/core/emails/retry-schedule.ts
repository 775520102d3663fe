/** Waits after failed tries, seconds: almost two days in all, as long as mail servers themselves try (RFC 5321, 4.5.4.1). */
const WAITS_SECONDS = [60, 5 * 60, 15 * 60, 3600, 4 * 3600, 12 * 3600, 24 * 3600];

/** Milliseconds until the try after `attempts` failed ones; undefined when there is none. */
export function emailRetryMs(attempts: number): number | undefined {
  const wait = WAITS_SECONDS[attempts - 1];
  return wait === undefined ? undefined : wait * 1000;
}
